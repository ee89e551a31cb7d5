package kube

import (
	"context"
	"iter"
	"log/slog"
	"net"
	"time"

	"k8s.io/client-go/rest"

	"gondor/app"
)

// Options say which cluster an Engine drives, and with what. The zero value of a field
// that has a default stands for it.
type Options struct {
	Config *rest.Config // how the API server is reached
	// Namespace is where Gondor itself lives, default "gondor". Every instance has a
	// namespace NAMESPACE-INSTANCE, builds run in NAMESPACE-builds.
	Namespace string
	// Image is Gondor's own, whose binary is in every pod.
	Image string
	// Executable is the path of the same binary here, so that what runs of Gondor's own
	// registry can have it as a layer instead; empty: it is always carried.
	Executable string

	Registry Registry
	// Bases are the images that sites are built and run in, by Plan.Runtime: "python",
	// "node", "go", "static", "none". A missing one is taken from DefaultBases.
	Bases map[string]Base

	// Agents keep on the nodes what processes wrote.
	Agents Agents
	Logs   LogStore
	// LogBudget is what all logs may use together, in bytes, default 10 GB.
	LogBudget int64
	Drainer   app.Drainer // asked before a workload is removed; nil: nobody is
	Logger    *slog.Logger

	// WorkerAlive is after which a worker counts as healthy, default app.WorkerAlive.
	WorkerAlive time.Duration
	// StorageClass of the volumes that instances ask for, empty for the cluster's default.
	StorageClass string
	// HardCPU makes the CPU of a size a limit too, not only a guaranteed share.
	HardCPU bool
	Limits  Limits // of one build
	// BuildEnv is given to every step of a build: PIP_INDEX_URL, GOPROXY.
	BuildEnv map[string]string
}

// Registry is where the images of sites are kept.
type Registry struct {
	// Host is what nodes pull from: "localhost:30500", or that of a registry elsewhere.
	Host string
	// Address is where pods and Gondor itself reach the same registry, default Host.
	Address string
	// Insecure says that Address speaks HTTP.
	Insecure bool
	// Dial connects Gondor itself to Address, where it is not in the cluster's network; nil:
	// as anybody does.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Key signs the tokens of Gondor's own registry; empty for one elsewhere.
	Key []byte
	// Username and Password are for a registry elsewhere.
	Username, Password string
}

// Agents say how the agents of the nodes are reached.
type Agents struct {
	Namespace string // that their pods are in; empty: there are none
	Key       []byte // signs the token of Gondor
	// Dial connects Gondor to them, where it is not in the cluster's network; nil: as
	// anybody does.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// Base is the pair of images of one runtime.
type Base struct {
	Build string // steps run in it
	Run   string // the artifact becomes a layer on it; empty: Build
}

// Limits are what one build may use. One that exceeds a limit fails.
type Limits struct {
	Time   time.Duration // of all its steps together, default 15 minutes
	Memory int64         // bytes, default 2 GB
	Disk   int64         // bytes of the source and what the steps add to it, default 4 GB
}

// LogStore keeps lines on Gondor's own disk, so that they outlive the pods that wrote
// them. It is safe for concurrent use.
type LogStore interface {
	// Append writes a text as lines of app.Gondor.
	Append(log app.LogName, text string) error
	// Write writes lines as they are; a line without a Time is written now.
	Write(log app.LogName, lines ...app.LogLine) error
	// Close ends who follows the log, when they have read it to the end.
	Close(log app.LogName) error
	// Drop removes the log. No error when there is none.
	Drop(log app.LogName) error
	// Use returns the bytes that each log has.
	Use() (map[app.LogName]int64, error)
	// Trim removes the oldest lines of all logs until they have no more bytes together, as
	// far as that can be, and returns how many they have then.
	Trim(ctx context.Context, most int64) (int64, error)
	// Lines yields what app.Logs.Lines does.
	Lines(ctx context.Context, q app.LogQuery) iter.Seq2[app.LogLine, error]
}
