# make build   the program, with the dashboard's assets: bin/gondor; the terminal's are made anew
#              where there is npm
# make image   Gondor's own image, without a Docker daemon: bin/gondor-image.tar
# make demo    build it and run the demo: one site, built and served on this machine
# make test    lint, then every test with the race detector that needs no Kubernetes, then those
#              of the engine on Kubernetes, but for those that take long, on a cluster that it
#              brings up and takes down, or on that of GONDOR_TEST_KUBECONFIG; where there can be
#              none they are skipped, unless GONDOR_REQUIRE_KUBE is 1
# make kills   kills Gondor at every commit of its store and every call of its engine, and at
#              random moments: half an hour and more; and its supervisor while ten processes
#              write ten thousand lines a second
# make test-kube  all tests on Kubernetes, those of the test cluster itself included
# make machine a Debian of its own, started with systemd in namespaces: install, deploy, restart,
#              reboot and upgrade by the words of README.md; needs root, mmdebstrap and
#              systemd-nspawn
# make bench   figures of cost, side by side from one run; those on Kubernetes where test/cluster
#              is up
# make bench-kube  those on Kubernetes alone, on a cluster that it brings up and takes down
# make soak    a hundred deploys under load: no request may fail; on Kubernetes too where
#              test/cluster can run
# make lint    gofumpt, go vet, staticcheck, and the types of the dashboard's scripts

GOFUMPT     = go run mvdan.cc/gofumpt@v0.12.0
STATICCHECK = go run honnef.co/go/tools/cmd/staticcheck@v0.8.2
TSC         = npx --yes -p typescript@5.9.3 tsc
ESBUILD     = go run github.com/evanw/esbuild/cmd/esbuild@v0.28.2

.PHONY: build image demo test kills test-kube machine lint bench bench-kube soak assets

build: assets
	go build -trimpath -ldflags "-s -w" -o bin/gondor .

BUNDLE      = $(ESBUILD) --bundle --minify --target=es2022 --outdir=web/ui/dist --log-level=warning
XTERM       = web/ui/node_modules/.package-lock.json

assets:
	$(BUNDLE) web/ui/src/app.ts web/ui/src/app.css
	@if ! command -v npm >/dev/null; then echo "the terminal's scripts are those that are committed: there is no npm"; \
	elif $(MAKE) --no-print-directory $(XTERM); then $(BUNDLE) web/ui/src/terminal.ts; \
	else echo "the terminal's scripts are those that are committed: npm could not get xterm.js"; fi

$(XTERM): web/ui/package-lock.json
	cd web/ui && npm ci --loglevel=error && touch node_modules/.package-lock.json

image: build
	CGO_ENABLED=0 GOOS=linux go build -trimpath -ldflags "-s -w" -o bin/linux/gondor .
	bin/gondor image --binary bin/linux/gondor --output bin/gondor-image.tar

demo: build
	bin/gondor demo

ON_KUBE     = ./cluster/kube/... ./test/kube/... ./cli

test: lint image
	GONDOR_REQUIRE_KUBE= GONDOR_TEST_KUBECONFIG= go test -race -timeout 40m ./...
	test/kube/with-cluster --untested go test -short -timeout 40m -p 1 $(ON_KUBE)

kills:
	GONDOR_KILLS_ALL=1 go test -race -count 1 -v -timeout 3h ./test/kills
	GONDOR_TORRENT_SECONDS=60 go test -count 1 -v -run Torrent ./cluster/local/supervisor

test-kube: image
	test/kube/with-cluster go test -timeout 60m -p 1 $(ON_KUBE)

machine: assets
	GONDOR_TEST_MACHINE=1 go test -v -count=1 -timeout 60m ./test/machine

lint:
	@unformatted=$$($(GOFUMPT) -l $$(git ls-files '*.go')); test -z "$$unformatted" || { echo "not gofumpt'ed: $$unformatted"; exit 1; }
	go vet ./...
	$(STATICCHECK) ./...
	@if command -v npx >/dev/null; then $(MAKE) --no-print-directory $(XTERM) && $(TSC) -p web/ui; else echo "the dashboard's scripts were not checked: there is no npx"; fi

bench: image
	go run ./test/bench

bench-kube: image
	test/kube/with-cluster --untested go run ./test/bench -only kube,kube-pipe

soak: image
	test/kube/with-cluster --untested go run ./test/bench -only soak,soak-kube
