package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"gondor/app"
	"gondor/cluster/kube/routes"
	"gondor/router"
)

// dataPlaneFlags are the flags of router as they are given.
type dataPlaneFlags struct {
	listen, ready         string
	kubeconfig, namespace string
	trusted               []string
	accessLog             bool
	linger, drain         time.Duration
}

func (p *Program) routerCommand() *cobra.Command {
	var f dataPlaneFlags
	c := &cobra.Command{
		Use: "router", Short: "Run a router of a Kubernetes cluster", Args: takes(),
		Long: "Run a router that sends requests to the Services of a Kubernetes cluster which have the annotation\n" +
			"  router: {\"config\":{},\"hosts\":[\"www.example.com\"]}\n" +
			"It keeps nothing: run as many as the traffic needs. At the address of --ready, GET /ready answers 200\n" +
			"once the routes are known. SIGTERM ends it: for the time of --linger it goes on, and each answer closes\n" +
			"its connection; then requests in flight may take the time of --drain.",
		RunE: func(c *cobra.Command, _ []string) error { return p.router(c.Context(), f) },
	}
	flags := c.Flags()
	flags.StringVar(&f.listen, "listen", ":80", "the address to listen on")
	flags.StringVar(&f.ready, "ready", ":8085", "the address that says whether this router is ready")
	flags.StringVar(&f.kubeconfig, "kubeconfig", "", "how to reach the cluster (default: as a pod of it, or as KUBECONFIG says)")
	flags.StringVar(&f.namespace, "namespace", "gondor", "the namespace that Gondor lives in")
	flags.StringSliceVar(&f.trusted, "trusted-proxies", nil, "networks whose forwarding headers are believed: CIDR,…")
	flags.BoolVar(&f.accessLog, "access-log", true, "write a line per request to the standard output")
	flags.DurationVar(&f.linger, "linger", 5*time.Second, "how long others may take to hear that this router ends")
	flags.DurationVar(&f.drain, "drain", 30*time.Second, "how long requests in flight may take then")
	return c
}

// dataPlane is a router of a cluster, with its listeners open.
type dataPlane struct {
	router    *router.Router
	routes    *announced
	access    *router.AccessLines
	listeners [2]net.Listener // of requests, and of questions whether it is ready
	log       *slog.Logger
}

// router runs a router until ctx ends.
func (p *Program) router(ctx context.Context, f dataPlaneFlags) error {
	d, err := p.openRouter(ctx, f)
	if err != nil {
		return err
	}
	defer settle()()
	err = inOrder(
		ctx,
		part{"routes", func(ctx context.Context) error { return d.router.Run(ctx, d.routes) }},
		part{"answers to the kubelet", func(ctx context.Context) error { return serveReady(ctx, d.listeners[1], d.routes.known) }},
		part{"listener", d.accept},
	)
	return errors.Join(err, d.access.Close())
}

func (p *Program) openRouter(ctx context.Context, f dataPlaneFlags) (*dataPlane, error) {
	trusted, err := parsePrefixes(f.trusted)
	if err != nil {
		return nil, err
	}
	config, err := p.clusterConfig(f.kubeconfig)
	if err != nil {
		return nil, err
	}
	client, err := routesClient(config)
	if err != nil {
		return nil, err
	}
	d := &dataPlane{log: slog.New(slog.NewTextHandler(p.io.Stderr, nil))}
	source := routes.New(routes.Options{Client: client, Namespace: f.namespace, Logger: d.log})
	d.routes = &announced{source: source, known: make(chan struct{})}
	p.makeRouter(d, f, trusted)
	return d, d.listen(ctx, f)
}

func (p *Program) makeRouter(d *dataPlane, f dataPlaneFlags, trusted []netip.Prefix) {
	lines := io.Discard
	if f.accessLog {
		lines = p.io.Stdout
	}
	d.access = router.NewAccessLines(lines)
	options := router.Options{
		TrustedProxies: trusted, Logger: d.log,
		Limits: router.Limits{Linger: f.linger, Farewell: 2 * f.linger, Shutdown: f.drain},
	}
	if f.accessLog {
		options.AccessLog = d.access
	}
	d.router = router.New(options)
}

// dialPatience is how long the API server may take to take a connection.
const dialPatience = 5 * time.Second

// routesClient reaches the API server in its binary form, which costs less.
func routesClient(config *rest.Config) (kubernetes.Interface, error) {
	config = rest.CopyConfig(config)
	config.UserAgent = "gondor-router"
	config.ContentType = "application/vnd.kubernetes.protobuf"
	config.AcceptContentTypes = config.ContentType + ",application/json"
	config.Dial = (&net.Dialer{Timeout: dialPatience}).DialContext
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("read how the cluster is reached: %w", err)
	}
	return client, nil
}

func (d *dataPlane) listen(ctx context.Context, f dataPlaneFlags) error {
	for i, address := range []string{f.listen, f.ready} {
		listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
		if err != nil {
			if i > 0 {
				err = errors.Join(err, d.listeners[0].Close())
			}
			return app.Fault(app.CodeUnavailable, "this router can't listen on %s: %s", address, err)
		}
		d.listeners[i] = listener
	}
	return nil
}

// accept serves the requests once the routes are known.
func (d *dataPlane) accept(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return errors.Join(ctx.Err(), d.listeners[0].Close())
	case <-d.routes.known:
	}
	d.log.Info("ready", "address", d.listeners[0].Addr().String())
	return d.router.Serve(ctx, d.listeners[0])
}

// serveReady answers GET /ready by 200 once the routes are known and by 503 before, and
// GET /live by 200, until ctx ends.
func serveReady(ctx context.Context, listener net.Listener, known <-chan struct{}) error {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /live", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "live\n") })
	mux.HandleFunc("GET /ready", func(w http.ResponseWriter, _ *http.Request) {
		select {
		case <-known:
			_, _ = io.WriteString(w, "ready\n")
		default:
			http.Error(w, "the routes are not known yet", http.StatusServiceUnavailable)
		}
	})
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: time.Minute}
	defer context.AfterFunc(ctx, func() { _ = server.Close() })()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("answer whether the router is ready: %w", err)
	}
	return ctx.Err()
}
