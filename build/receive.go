package build

import (
	"archive/tar"
	"bufio"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"gondor/app"
)

// receive reads an upload to its end, checks it and writes it to file as a plain tar of
// its own making, synced, whose size it returns. It stops at the first fault.
func receive(ctx context.Context, upload io.Reader, file *os.File, limits Limits) (size int64, err error) {
	unpacked, err := unpack(ctx, upload, limits)
	if err != nil {
		return 0, err
	}
	out := bufio.NewWriterSize(file, 256<<10)
	if err := copyTar(unpacked, tar.NewWriter(out), limits); err != nil {
		return 0, err
	}
	err = errors.Join(out.Flush(), file.Sync())
	if err == nil {
		size, err = file.Seek(0, io.SeekCurrent)
	}
	if err != nil {
		return 0, fmt.Errorf("write the source: %w", err)
	}
	return size, nil
}

// unpack returns the tar within the upload, bounded on both sides of the compression.
func unpack(ctx context.Context, upload io.Reader, limits Limits) (*boundedReader, error) {
	packed := bufio.NewReaderSize(&boundedReader{
		ctx: ctx, from: upload, left: limits.Packed,
		fault: app.Fault(app.CodeTooLarge, "The source is larger than %s as it is sent; leave out what the build does not need", megabytes(limits.Packed)),
	}, 64<<10)
	var from io.Reader = packed
	start, err := packed.Peek(len(gzipMagic))
	switch {
	case len(start) == 0 && errors.Is(err, io.EOF):
		return nil, app.Invalid("", "The upload is empty; send a tar of the source")
	case err != nil && !errors.Is(err, io.EOF):
		return nil, uploadFault(err)
	case isGzip(start):
		if from, err = gzip.NewReader(packed); err != nil {
			return nil, uploadFault(err)
		}
	}
	return &boundedReader{
		ctx: ctx, from: from, left: limits.Unpacked,
		fault: app.Fault(app.CodeTooLarge, "The source is larger than %s when unpacked; leave out what the build does not need", megabytes(limits.Unpacked)),
	}, nil
}

// copyTar checks each entry and writes it again. After the last it reads the upload to
// its end, so that a checksum there is checked.
func copyTar(from *boundedReader, to *tar.Writer, limits Limits) error {
	reader, checker := tar.NewReader(from), newChecker(limits)
	for {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return uploadFault(err)
		}
		clean, err := checker.check(header)
		if err != nil {
			return err
		}
		if err := copyEntry(reader, to, clean); err != nil {
			return err
		}
	}
	if err := from.expectEnd(); err != nil {
		return err
	}
	if err := checker.finish(); err != nil {
		return err
	}
	if err := to.Close(); err != nil {
		return fmt.Errorf("write the source: %w", err)
	}
	return nil
}

// copyEntry writes one checked entry; a nil header is one to leave out.
func copyEntry(from *tar.Reader, to *tar.Writer, header *tar.Header) error {
	if header == nil {
		return nil
	}
	if err := to.WriteHeader(header); err != nil {
		return fmt.Errorf("write the source: %w", err)
	}
	if header.Typeflag != tar.TypeReg {
		return nil
	}
	if _, err := io.Copy(&writeFaults{to}, from); err != nil {
		return uploadFault(err)
	}
	return nil
}

// writeFaults marks errors of writing, so that a full disk is not told as a bad upload.
type writeFaults struct{ to io.Writer }

func (w *writeFaults) Write(p []byte) (int, error) {
	n, err := w.to.Write(p)
	if err != nil {
		err = &ownFault{fmt.Errorf("write the source: %w", err)}
	}
	return n, err
}

// ownFault is an error that is not the upload's.
type ownFault struct{ error }

func (f *ownFault) Unwrap() error { return f.error }

// uploadFault tells people what is wrong with an upload. Errors of the domain, of the
// context and our own pass as they are.
func uploadFault(err error) error {
	var domain *app.Error
	var own *ownFault
	switch {
	case errors.As(err, &domain), errors.As(err, &own), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return errTruncated()
	default:
		return app.Invalid("", "The upload is not a whole tar, plain or gzipped (%v); send it again, as git archive makes it", err)
	}
}

func errTruncated() error {
	return app.Invalid("", "The upload ended before the tar did; send it again")
}

func megabytes(n int64) string {
	if n < 1<<20 {
		return fmt.Sprintf("%d bytes", n)
	}
	return fmt.Sprintf("%d MB", n>>20)
}
