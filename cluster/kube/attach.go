package kube

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/httpstream"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/tools/remotecommand"

	"gondor/app"
	"gondor/cluster/kube/inside"
)

// Attach implements app.Processes: it runs "gondor inside join" in the container, whose
// standard input and output lead to process 1.
func (e *Engine) Attach(ctx context.Context, id app.ProcessID, s app.Streams) error {
	pod, err := e.oneOffs.await(ctx, id, func(pod *corev1.Pod) bool { return isRunning(pod) || hasEnded(pod) })
	if err != nil || hasEnded(pod) {
		return err // Wait tells how it ended
	}
	end, err := e.join(ctx, pod, s)
	if errors.Is(err, inside.ErrLost) && ctx.Err() == nil {
		return e.lost(ctx, id)
	}
	if err != nil {
		return err
	}
	if pod.Annotations[annotationLog] == "" { // else Wait has to see its log to the end
		e.oneOffs.note(id, app.Exit{Code: end.Code, Message: end.Message, Ended: time.Now()})
	}
	return nil
}

// binaryOf is where the container of the process has Gondor's binary.
func binaryOf(pod *corev1.Pod) string {
	for _, c := range pod.Spec.Containers {
		if c.Name == processContainer && len(c.Command) > 0 {
			return c.Command[0]
		}
	}
	return inside.Binary
}

// isRunning reports whether the process's container runs.
func isRunning(pod *corev1.Pod) bool {
	for _, c := range pod.Status.ContainerStatuses {
		if c.Name == processContainer {
			return c.State.Running != nil
		}
	}
	return false
}

// endPatience is how long the cluster may take to tell that a process ended whose
// connection broke.
const endPatience = 5 * time.Second

// lost says what a broken connection means: most often that the process was killed with
// all that is around it.
func (e *Engine) lost(ctx context.Context, id app.ProcessID) error {
	limited, cancel := context.WithTimeout(ctx, endPatience)
	defer cancel()
	_, err := e.oneOffs.await(limited, id, hasEnded)
	if err != nil && ctx.Err() == nil {
		return app.Fault(app.CodeUnavailable, "The connection to the process was lost.")
	}
	return ctx.Err()
}

// join connects the streams to process 1 of the pod, until the process ends or ctx does.
func (e *Engine) join(ctx context.Context, pod *corev1.Pod, s app.Streams) (inside.Termination, error) {
	executor, err := e.executor(pod, binaryOf(pod), "inside", "join")
	if err != nil {
		return inside.Termination{}, err
	}
	carried, hangUp := context.WithCancel(ctx)
	farIn, to := io.Pipe()
	from, farOut := io.Pipe()
	go func() {
		var problems problemBuffer
		err := executor.StreamWithContext(carried, remotecommand.StreamOptions{Stdin: farIn, Stdout: farOut, Stderr: &problems})
		hangUp()
		_ = farIn.CloseWithError(io.ErrClosedPipe) // pipes in memory
		_ = farOut.CloseWithError(joinError(err, problems.String()))
	}()
	context.AfterFunc(carried, func() { _, _ = to.Close(), from.Close() })
	end, err := inside.Attach(ctx, to, from, s)
	if err != nil {
		hangUp()
		return end, err
	}
	_ = to.Close() // the far end hangs up when it has read that; nobody has to wait for it
	go func() { _, _ = io.Copy(io.Discard, from) }()
	time.AfterFunc(hangUpPatience, hangUp)
	return end, nil
}

// hangUpPatience is how long the far end may take to hang up by itself.
const hangUpPatience = 5 * time.Second

// joinError says how "inside join" ended; a connection that merely broke is io.EOF.
func joinError(err error, problems string) error {
	switch {
	case err == nil:
		return io.EOF
	case problems != "":
		return fmt.Errorf("join a process: %s", problems)
	default:
		return fmt.Errorf("join a process: %w", err)
	}
}

// executor runs a command in the process's container, over a WebSocket, or over SPDY where
// something between us and the cluster does not know that.
func (e *Engine) executor(pod *corev1.Pod, command ...string) (remotecommand.Executor, error) {
	url := e.client.CoreV1().RESTClient().Post().Resource("pods").Namespace(pod.Namespace).Name(pod.Name).SubResource("exec").
		VersionedParams(&corev1.PodExecOptions{
			Container: processContainer, Command: command, Stdin: true, Stdout: true, Stderr: true,
		}, scheme.ParameterCodec).URL()
	socket, err := remotecommand.NewWebSocketExecutor(e.config, "GET", url.String())
	if err != nil {
		return nil, fmt.Errorf("join a process: %w", err)
	}
	spdy, err := remotecommand.NewSPDYExecutor(e.config, "POST", url)
	if err != nil {
		return nil, fmt.Errorf("join a process: %w", err)
	}
	both, err := remotecommand.NewFallbackExecutor(socket, spdy, func(err error) bool {
		return httpstream.IsUpgradeFailure(err) || httpstream.IsHTTPSProxyError(err)
	})
	if err != nil {
		return nil, fmt.Errorf("join a process: %w", err)
	}
	return both, nil
}

// problemBuffer keeps the beginning of what is written to it, for an error. It is for one
// goroutine, and then another.
type problemBuffer struct{ kept bytes.Buffer }

const mostProblems = 1 << 10

// Write implements io.Writer.
func (b *problemBuffer) Write(p []byte) (int, error) {
	b.kept.Write(p[:min(len(p), mostProblems-b.kept.Len())])
	return len(p), nil
}

func (b *problemBuffer) String() string { return strings.TrimSpace(b.kept.String()) }
