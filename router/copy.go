package router

import "io"

// largeBody is from what length on a body is left to the kernel where it can move it
// from socket to socket.
const largeBody = 256 << 10

func (x *exchange) copyBody(c *conn) error {
	buf := takeBuffer()
	defer putBuffer(buf)
	for {
		n, err := c.body.Read(buf[:cap(buf)])
		if n > 0 {
			if err := x.write(buf[:n]); err != nil {
				return err
			}
		}
		switch {
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		case c.body.coding == byLength && c.body.left >= largeBody && c.in.Buffered() == 0:
			if err := x.splice(c); err != nil {
				return err
			}
		}
	}
}

func (x *exchange) write(p []byte) error {
	n, err := x.w.Write(p)
	x.sent += int64(n)
	x.pending = true
	return err
}

// splice hands the rest of the body over in pieces, each to the kernel.
func (x *exchange) splice(c *conn) error {
	to, ok := x.w.(io.ReaderFrom)
	if !ok {
		return nil
	}
	x.flush()
	rest := &io.LimitedReader{R: c.tcp, N: c.body.left}
	for rest.N > 0 {
		before := rest.N
		n, err := to.ReadFrom(rest)
		x.sent += n
		if err != nil && !c.excuses(err) {
			return err
		}
		if err == nil && rest.N == before {
			return io.ErrUnexpectedEOF
		}
	}
	c.body.left = 0
	return nil
}
