// Package load makes traffic as many people do who don't know of each other: requests
// begin when their time has come, whatever became of those before (an open loop), and
// nobody tries again. A request that fails is told with its reason.
package load

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"
)

// Options say what traffic is made.
type Options struct {
	Address string // host:port that connections go to, such as 127.0.0.1:8080
	Host    string // the Host field of the requests
	Rate    int    // requests a second, without those of assets
	// Mix are the requests, made in turn. Of each every other one comes on a connection of
	// its own; the others share kept ones.
	Mix []Request
	// Patience is how long one request may take, default 30 s. More is a failure.
	Patience time.Duration
}

// Request is one kind of request.
type Request struct {
	Method, Path string
	Body         string
	// Page says that the answer is HTML whose images, scripts and styles are fetched too,
	// over connections of the same kind.
	Page bool
	// Check judges an answer that has come whole; nil wants the status 200.
	Check func(status int, body []byte) error
}

// Run is traffic under way. Its methods are safe for concurrent use.
type Run struct {
	options Options
	kept    *pool
	cancel  context.CancelFunc
	paced   chan struct{} // closed when no more requests begin
	flying  sync.WaitGroup

	mu     sync.Mutex
	phase  string
	report Report
}

// Start begins traffic, which goes on until Stop, or until ctx ends.
func Start(ctx context.Context, o Options) *Run {
	if o.Patience == 0 {
		o.Patience = 30 * time.Second
	}
	ctx, cancel := context.WithCancel(ctx)
	r := &Run{options: o, kept: &pool{}, cancel: cancel, paced: make(chan struct{})}
	r.report.Began = time.Now()
	go r.pace(ctx)
	return r
}

// Stop begins no more requests, waits for those under way, and reports.
func (r *Run) Stop() Report {
	r.cancel()
	<-r.paced
	r.flying.Wait()
	r.kept.close()
	return r.Report()
}

// Report tells of the requests that have ended until now.
func (r *Run) Report() Report {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.report.clone()
}

// During names what goes on from now on: the latencies of requests that begin meanwhile are
// told apart in Report.Phases.
func (r *Run) During(phase string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.phase = phase
}

func (r *Run) present() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.phase
}

// pace begins each request at its time. When the machine is late, those that are due
// begin together; Report.Late says by how much.
func (r *Run) pace(ctx context.Context) {
	defer close(r.paced)
	gap := time.Second / time.Duration(r.options.Rate)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for i := 0; ; i++ {
		due := r.report.Began.Add(time.Duration(i) * gap)
		timer.Reset(time.Until(due))
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		r.begin(i, due)
	}
}

func (r *Run) begin(i int, due time.Time) {
	n := len(r.options.Mix)
	one := visit{run: r, request: r.options.Mix[i%n], fresh: (i/n+i)%2 == 0}
	r.late(time.Since(due))
	r.flying.Go(one.make)
}

func (r *Run) late(by time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.report.Late = max(r.report.Late, by)
}

// visit is one request, and those of its page's assets.
type visit struct {
	run     *Run
	request Request
	fresh   bool
}

func (v visit) make() {
	body, err := v.once(v.request)
	if err != nil || !v.request.Page {
		return
	}
	for _, path := range assets(body, v.request.Path) {
		_, _ = v.once(Request{Method: http.MethodGet, Path: path, Check: whole}) // a failure has been counted
	}
}

// whole wants an asset that has something in it.
func whole(status int, body []byte) error {
	if err := ok(status, body); err != nil {
		return err
	}
	if len(body) == 0 {
		return errors.New("the asset is empty")
	}
	return nil
}

// once makes one request and counts it.
func (v visit) once(q Request) ([]byte, error) {
	began, phase := time.Now(), v.run.present()
	body, kept, err := v.run.exchange(q, v.fresh)
	v.run.count(phase, Failure{
		Time: began, Took: time.Since(began), Method: q.Method, Path: q.Path, Kept: kept, Reason: err,
	})
	return body, err
}

func (r *Run) count(phase string, f Failure) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.report.Requests++
	r.report.Latency.add(f.Took)
	if phase != "" {
		r.report.phase(phase).add(f.Took)
	}
	if f.Reason != nil {
		r.report.Failures = append(r.report.Failures, f)
	}
}
