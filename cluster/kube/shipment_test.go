package kube

import (
	"bytes"
	"context"
	"debug/elf"
	"encoding/binary"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/random"

	"gondor/app"
	"gondor/cluster/kube/inside"
	"gondor/cluster/kube/registry/token"
)

// harbor is a registry, and Gondors that ship a binary with it.
type harbor struct {
	*testing.T
	registry Registry
}

func newHarbor(t *testing.T) *harbor {
	t.Helper()
	server := httptest.NewServer(registry.New(registry.Logger(slog.NewLogLogger(slog.DiscardHandler, 0))))
	t.Cleanup(server.Close)
	return &harbor{t, Registry{Host: "localhost:5000", Address: strings.TrimPrefix(server.URL, "http://"), Insecure: true}}
}

func (h *harbor) ok(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

func (h *harbor) shipment(executable string) *shipment {
	return newShipment(Options{Registry: h.registry, Executable: executable, Logger: slog.New(slog.DiscardHandler)})
}

func (h *harbor) image() v1.Image {
	made, err := random.Image(100, 2)
	h.ok(err)
	return made
}

// program is a file that looks like a program of Linux which needs no library.
func program(t *testing.T, rest string) string {
	t.Helper()
	header := elf.Header64{
		Ident: [elf.EI_NIDENT]byte{0x7f, 'E', 'L', 'F', byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB), byte(elf.EV_CURRENT)},
		Type:  uint16(elf.ET_EXEC), Machine: uint16(elf.EM_X86_64), Version: uint32(elf.EV_CURRENT), Ehsize: 64, Phentsize: 56, Shentsize: 64,
	}
	var file bytes.Buffer
	if err := binary.Write(&file, binary.LittleEndian, header); err != nil {
		t.Fatal(err)
	}
	file.WriteString(rest)
	path := filepath.Join(t.TempDir(), "gondor")
	if err := os.WriteFile(path, file.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestAnImageThatIsShippedHasTheBinaryOnTop(t *testing.T) {
	h := newHarbor(t)
	s, base := h.shipment(program(t, "one")), h.image()
	if s.has(base) {
		t.Error("an image has the binary from the first")
	}
	made := s.ship(t.Context(), base)
	layers, err := made.Layers()
	h.ok(err)
	if len(layers) != 3 || !s.has(made) {
		t.Errorf("it has %d layers, and the binary: %v", len(layers), s.has(made))
	}
	again, err := s.ship(t.Context(), base).Digest()
	h.ok(err)
	if digest, err := made.Digest(); err != nil || digest != again {
		t.Errorf("shipped twice it is %s and %s, %v", digest, again, err)
	}
	h.ok(h.registry.store(token.Admin()).Push(t.Context(), "site/s", "b", made))
}

func TestTheBinaryOfAnotherGondorIsNotTakenForOnesOwn(t *testing.T) {
	h := newHarbor(t)
	old, next := h.shipment(program(t, "one")), h.shipment(program(t, "two"))
	made := old.ship(t.Context(), h.image())
	if next.has(made) {
		t.Error("it is taken for its own before it knows that")
	}
	next.begin(t.Context())
	if next.has(made) || !next.has(next.ship(t.Context(), made)) {
		t.Error("the two are mixed up")
	}
	tags, err := h.registry.store(token.Admin()).Tags(t.Context(), programRepository)
	if h.ok(err); len(tags) != 1 {
		t.Errorf("the registry has the versions %v", tags)
	}
}

func TestWithoutABinaryToShipAnImageIsLeftAsItIs(t *testing.T) {
	h := newHarbor(t)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	base := h.image()
	for name, made := range map[string]v1.Image{
		"none is known":         h.shipment("").ship(t.Context(), base),
		"it can't be read":      h.shipment("/no/such/binary").ship(t.Context(), base),
		"the registry is away":  h.shipment(program(t, "one")).ship(ended, base),
		"it is no Linux binary": h.shipment("shipment_test.go").ship(t.Context(), base),
	} {
		if made != base {
			t.Errorf("%s: it was changed", name)
		}
	}
}

func TestAPodOfAnImageThatHasTheBinaryCarriesNothing(t *testing.T) {
	for _, shipped := range []bool{true, false} {
		o := Options{Image: "gondor:1"}.withDefaults()
		d, err := o.deployment(app.Workload{Ref: app.WorkloadRef{Instance: "i", Service: "web", Release: 1}, Kind: app.Web, Replicas: 1}, shipped)
		if err != nil {
			t.Fatal(err)
		}
		pod := d.Spec.Template.Spec
		gondor := map[bool]string{true: inside.Shipped, false: inside.Binary}[shipped]
		command := pod.Containers[0].Command
		if len(pod.InitContainers) > 0 == shipped || command[0] != gondor || !strings.Contains(strings.Join(command, " "), `"GONDOR":"`+gondor+`"`) {
			t.Errorf("shipped %v: %d init containers, %q", shipped, len(pod.InitContainers), command)
		}
	}
}
