package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"gondor/cli/progress"
)

// terminal returns the file behind a stream when it is a terminal, nil otherwise.
func terminal(stream any) *os.File {
	file, ok := stream.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return nil
	}
	return file
}

// asks reports whether somebody is there to be asked.
func (p *Program) asks() bool { return terminal(p.io.Stdin) != nil && terminal(p.io.Stderr) != nil }

// ask asks for one line. Only call it where asks is true.
func (p *Program) ask(ctx context.Context, question string) (string, error) {
	p.prompt(question)
	return await(ctx, func() (string, error) {
		line, err := bufio.NewReader(p.io.Stdin).ReadString('\n')
		if err != nil && line == "" {
			return "", fmt.Errorf("read the answer: %w", err)
		}
		return strings.TrimSpace(line), nil
	})
}

// askSecret asks for one line that is not shown.
func (p *Program) askSecret(ctx context.Context, question string) (string, error) {
	file := terminal(p.io.Stdin)
	before, err := term.GetState(int(file.Fd()))
	if err != nil {
		return "", fmt.Errorf("read the state of the terminal: %w", err)
	}
	p.prompt(question)
	defer p.complain("")
	secret, err := await(ctx, func() (string, error) {
		text, err := term.ReadPassword(int(file.Fd()))
		return string(text), err
	})
	if ctx.Err() != nil { // the reader still waits with the echo switched off
		err = errors.Join(err, term.Restore(int(file.Fd()), before))
	}
	return secret, err
}

func (p *Program) prompt(question string) { _, _ = fmt.Fprint(p.io.Stderr, question) }

// await gives up waiting for an answer when ctx ends; a terminal's Read can't be ended.
func await(ctx context.Context, read func() (string, error)) (string, error) {
	type answer struct {
		text string
		err  error
	}
	answers := make(chan answer, 1)
	go func() {
		text, err := read()
		answers <- answer{text, err}
	}()
	select {
	case <-ctx.Done():
		return "", ctx.Err()
	case a := <-answers:
		return a.text, a.err
	}
}

// confirm lets a deletion go on: with --yes, or when somebody answers so.
func (p *Program) confirm(ctx context.Context, yes bool, what string) error {
	switch {
	case yes:
		return nil
	case !p.asks():
		return usage("this deletes %s for good; say so with --yes", what)
	}
	answer, err := p.ask(ctx, fmt.Sprintf("This deletes %s for good. Go on? [y/N] ", what))
	if err != nil {
		return err
	}
	if answer = strings.ToLower(answer); answer != "y" && answer != "yes" {
		return errors.New("nothing was deleted")
	}
	return nil
}

// stdinLine reads the first line of the standard input, for --password-stdin.
func (p *Program) stdinLine() (string, error) {
	text, err := io.ReadAll(io.LimitReader(p.io.Stdin, 4096))
	if err != nil {
		return "", fmt.Errorf("read the standard input: %w", err)
	}
	line, _, _ := strings.Cut(string(text), "\n")
	return strings.TrimSuffix(line, "\r"), nil
}

// display shows the progress of long work on the standard error.
func (p *Program) display() *progress.Display {
	file := terminal(p.io.Stderr)
	o := progress.Options{Out: p.io.Stderr, Terminal: file != nil && p.io.Env("TERM") != "dumb"}
	o.Color = o.Terminal && p.io.Env("NO_COLOR") == ""
	if file != nil {
		o.Width = func() int {
			width, _, err := term.GetSize(int(file.Fd()))
			if err != nil || width <= 0 {
				return 80
			}
			return width
		}
	}
	return progress.New(o)
}
