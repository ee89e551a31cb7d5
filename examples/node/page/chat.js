const byId = (id) => document.getElementById(id);
let socket;

function connect() {
  socket = new WebSocket(`${location.origin.replace("http", "ws")}/chat`);
  socket.onopen = () => { byId("state").textContent = "connected"; };
  socket.onmessage = (event) => {
    const item = document.createElement("li");
    item.textContent = event.data;
    byId("messages").append(item);
    item.scrollIntoView();
  };
  socket.onclose = () => {
    byId("state").textContent = "connecting again …";
    setTimeout(connect, 1000);
  };
}

document.querySelector("form").addEventListener("submit", (event) => {
  event.preventDefault();
  if (socket.readyState !== WebSocket.OPEN) return;
  socket.send(byId("text").value);
  event.target.reset();
});

new EventSource("/events").onmessage = (event) => { byId("count").textContent = event.data; };
connect();
