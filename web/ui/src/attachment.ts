// Joins a process by the WebSocket of its endpoint, in the dialect v5.channel.k8s.io: the first
// byte of a message is its channel. A connection that is lost is taken up again.

const stdin = 0;
const stdout = 1;
const status = 3;
const resize = 4;
const resume = 5;

const comebackTime = 60_000; // how long the server keeps a terminal whose connection was lost
const firstWait = 250;
const longestWait = 3_000;
const mostTyped = 64 << 10; // bytes that wait for a connection

// Where a terminal is joined. The secret is that of the first attach; without it nobody comes back.
export interface Place {
  endpoint: string;
  run: string;
  what: string;
  secret?: string;
}

// How a process ended; without a code when that is not known.
export interface Ending {
  code?: number;
  message: string;
}

export interface Listener {
  joined(): void;
  output(data: Uint8Array): void;
  lost(): void;
  remember(place: Place): void;
  ended(ending: Ending): void;
}

export interface Size {
  cols: number;
  rows: number;
}

export class Attachment {
  private socket?: WebSocket;
  private received = 0;
  private typed: Uint8Array[] = []; // while there is no connection
  private told?: Size; // what the server knows
  private over = false;
  private lostAt = 0;
  private wait = firstWait;
  private timer = 0;

  constructor(
    private readonly place: Place,
    private size: Size,
    private readonly listener: Listener,
  ) {
    window.addEventListener("online", this.hurry);
    window.addEventListener("offline", this.drop);
    this.connect();
  }

  input(data: Uint8Array): void {
    if (this.isOpen()) this.send(stdin, data);
    else if (this.typed.reduce((sum, one) => sum + one.length, data.length) <= mostTyped) this.typed.push(data);
  }

  resize(size: Size): void {
    this.size = size;
    if (this.isOpen()) this.tellSize();
  }

  // Leaves the terminal without a word.
  leave(): void {
    this.over = true;
    window.clearTimeout(this.timer);
    window.removeEventListener("online", this.hurry);
    window.removeEventListener("offline", this.drop);
    this.socket?.close();
  }

  private connect(): void {
    const url = new URL(this.place.endpoint, location.href);
    url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    const { cols, rows } = (this.told = this.size);
    const options: Record<string, string> = { tty: "true", resume: "true", width: String(cols), height: String(rows) };
    if (this.place.secret) Object.assign(options, { secret: this.place.secret, received: String(this.received) });
    url.search = new URLSearchParams(options).toString();
    const socket = new WebSocket(url, "v5.channel.k8s.io");
    socket.binaryType = "arraybuffer";
    socket.onopen = () => this.opened();
    socket.onmessage = (event: MessageEvent<ArrayBuffer>) => this.take(new Uint8Array(event.data));
    socket.onclose = () => this.closed(socket);
    this.socket = socket;
  }

  private opened(): void {
    this.lostAt = 0;
    this.wait = firstWait;
    if (this.told !== this.size) this.tellSize(); // it changed on the way
    for (const data of this.typed.splice(0)) this.send(stdin, data);
    this.listener.joined();
  }

  private take(message: Uint8Array): void {
    const data = message.subarray(1);
    switch (message[0]) {
      case stdout:
        this.received += data.length;
        this.listener.output(data);
        break;
      case resume:
        this.place.secret = (JSON.parse(text(data)) as { secret: string }).secret;
        this.listener.remember(this.place);
        break;
      case status:
        this.end(endingOf(text(data)));
    }
  }

  private end(ending: Ending): void {
    this.leave();
    this.listener.ended(ending);
  }

  private closed(socket: WebSocket): void {
    if (this.over || socket !== this.socket) return;
    this.lostAt ||= Date.now();
    if (!this.place.secret) {
      this.end({ message: "it could not be joined; open another" });
    } else if (Date.now() - this.lostAt > comebackTime) {
      this.end({ message: "the connection was lost for more than a minute" });
    } else {
      this.listener.lost();
      this.timer = window.setTimeout(() => void this.comeBack(), this.wait);
      this.wait = Math.min(2 * this.wait, longestWait);
    }
  }

  // A refused WebSocket does not tell why: the endpoint does.
  private async comeBack(): Promise<void> {
    try {
      const answer = await fetch(`${this.place.endpoint}ok`);
      if (answer.status === 404) {
        this.end({ message: "it is over; nobody was there for more than a minute, or Gondor was restarted" });
        return;
      }
    } catch {
      // The server is away, as the next attempt will show.
    }
    if (!this.over) this.connect();
  }

  private readonly hurry = (): void => {
    if (this.lostAt === 0) return;
    window.clearTimeout(this.timer);
    void this.comeBack();
  };

  // Without a network a socket stays open for long.
  private readonly drop = (): void => this.socket?.close();

  private isOpen(): boolean {
    return this.socket?.readyState === WebSocket.OPEN;
  }

  private tellSize(): void {
    this.told = this.size;
    this.send(resize, new TextEncoder().encode(JSON.stringify({ Width: this.size.cols, Height: this.size.rows })));
  }

  private send(channel: number, data: Uint8Array): void {
    const message = new Uint8Array(1 + data.length);
    message[0] = channel;
    message.set(data, 1);
    this.socket?.send(message);
  }
}

function text(data: Uint8Array): string {
  return new TextDecoder().decode(data);
}

// A metav1.Status of Kubernetes, as far as it is used here.
interface Status {
  status: string;
  message?: string;
  details?: { causes: { reason: string; message: string }[] };
}

function endingOf(json: string): Ending {
  const told = JSON.parse(json) as Status;
  if (told.status === "Success") return { code: 0, message: "" };
  const cause = told.details?.causes.find((one) => one.reason === "ExitCode");
  return { code: cause && Number(cause.message), message: told.message ?? "" };
}
