package cli

import (
	"os"
	"strconv"
	"strings"
	"testing"
)

func TestWhatOnlyTheStartReadIsGivenBack(t *testing.T) {
	before := mapped(t)
	if err := forgetStart(); err != nil {
		t.Fatal(err)
	}
	if after := mapped(t); after >= before {
		t.Errorf("%d KiB of files are mapped, and were %d before", after, before)
	}
}

// mapped is how much of files this process has in memory, in KiB.
func mapped(t *testing.T) int {
	t.Helper()
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "RssFile:")
	size, err := strconv.Atoi(strings.Fields(rest)[0])
	if err != nil {
		t.Fatal(err)
	}
	return size
}

func TestOnlyWhatNobodyWritesIsReadAgain(t *testing.T) {
	for line, want := range map[string]bool{
		"00400000-02483000 r-xp 00000000 fe:00 9978189    /opt/gondor":           true,
		"02483000-04883000 r--p 02083000 fe:00 9978189    /opt/gondor":           true,
		"04883000-04978000 rw-p 04483000 fe:00 9978189    /opt/gondor":           false,
		"00400000-02483000 r-xp 00000000 fe:00 9978189    /usr/bin/other-gondor": false,
		"3bff00400000-3bff01000000 rw-p 00000000 00:00 0":                        false,
		"rubbish": false,
	} {
		if _, _, got := readOnly(line, "/opt/gondor"); got != want {
			t.Errorf("%q: %v; want %v", line, got, want)
		}
	}
}
