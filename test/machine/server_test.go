package machine

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// blocks are the commands of a section of README.md, block by block.
func blocks(t *testing.T, title string) [][]string {
	t.Helper()
	text, err := os.ReadFile("../../README.md")
	must(t, err)
	_, section, found := strings.Cut(string(text), "\n## "+title+"\n")
	if !found {
		t.Fatalf("README.md has no section %q", title)
	}
	section, _, _ = strings.Cut(section, "\n## ")
	var all [][]string
	for _, block := range regexp.MustCompile("(?s)```(?:console)?\n(.*?)```").FindAllStringSubmatch(section, -1) {
		var commands []string
		for line := range strings.Lines(block[1]) {
			command, ok := strings.CutPrefix(strings.TrimSpace(line), "$ ")
			if !ok {
				t.Fatalf("README.md: %q is not a command", line)
			}
			commands = append(commands, command)
		}
		all = append(all, commands)
	}
	return all
}

// carry puts a file or directory of this machine into root's home.
func (m *machine) carry(from, to string) {
	m.t.Helper()
	if out, err := exec.Command("cp", "-a", from, filepath.Join(m.dir, "root", to)).CombinedOutput(); err != nil {
		m.t.Fatalf("%v\n%s", err, out)
	}
}

// processes says which the server, its supervisor and the web process of the site are, and
// what the supervisor runs.
type processes struct{ server, supervisor, site, program string }

func (m *machine) processes() processes {
	m.t.Helper()
	one := func(command string) string { return strings.TrimSpace(m.run(command)) }
	p := processes{server: one("systemctl show -P MainPID gondor")}
	p.supervisor = one(`for p in /proc/[0-9]*; do tr '\0' ' ' < $p/cmdline 2>/dev/null | grep -q '^[^ ]*gondor supervisor --dir ' && basename $p; done; true`)
	p.site = one(`for p in /proc/[0-9]*; do tr '\0' ' ' < $p/cmdline 2>/dev/null | grep -q '^[^ ]*gondor static ' && basename $p; done; true`)
	p.program = one("readlink /proc/" + p.supervisor + "/exe")
	return p
}

// page waits until the site answers with a text.
func (m *machine) page(text string) {
	m.t.Helper()
	f := &traffic{client: m.client(), text: text}
	var last error
	defer func() {
		if m.t.Failed() {
			m.t.Logf("the last answer: %v", last)
		}
	}()
	eventually(m.t, "the site answers", func() bool { last = f.once(); return last == nil })
}

func TestAServerIsInstalledAndReliedUponByTheWordsOfTheREADME(t *testing.T) {
	needs(t)
	old, newer := filepath.Join(t.TempDir(), "gondor"), filepath.Join(t.TempDir(), "gondor")
	build(t, old, "-buildvcs=false", "-ldflags=-s -w")
	build(t, newer, "-buildvcs=true")
	m := newMachine(t)
	words := blocks(t, "On a server")
	if len(words) != 2 {
		t.Fatalf("the section has %d blocks, not the installation and the upgrade", len(words))
	}

	m.carry(old, "gondor")
	var said string
	for _, command := range words[0] {
		said = m.run(command)
	}
	password := regexp.MustCompile(`(?m)^password +(\S+)$`).FindStringSubmatch(said)
	if password == nil {
		t.Fatalf("the journal shows no password:\n%s", said)
	}
	m.carry("../../examples", "examples")
	m.run("rm gondor; git config --global user.name Ada; git config --global user.email ada@example.com; git config --global init.defaultBranch main")
	m.run("set -e\n" + m.deployed(password[1]))
	const text = "<html"
	m.page(text)
	before := m.processes()

	t.Log("restart, under load")
	m.during(text, func() { m.run("systemctl restart gondor") })
	after := m.processes()
	if after.server == before.server || after.supervisor != before.supervisor || after.site != before.site {
		t.Errorf("after a restart there are %+v, there were %+v", after, before)
	}

	t.Log("upgrade, under load")
	m.carry(newer, "gondor")
	m.run("! cmp --silent /usr/local/bin/gondor gondor")
	m.during(text, func() { m.run(strings.Join(words[1], " && ")) })
	upgraded := m.processes()
	if upgraded.site != before.site || upgraded.supervisor != before.supervisor || upgraded.program != "/usr/local/bin/gondor" {
		t.Errorf("after the upgrade there are %+v, there were %+v", upgraded, before)
	}
	m.run("cmp /proc/" + upgraded.supervisor + "/exe gondor && cmp /proc/" + upgraded.server + "/exe gondor")
	m.run("./gondor install --systemd | grep 'There is nothing to do'")

	t.Log("reboot")
	boot := m.run("cat /proc/sys/kernel/random/boot_id")
	m.reboot()
	if m.run("cat /proc/sys/kernel/random/boot_id") == boot {
		t.Error("the machine did not start again")
	}
	m.page(text)
	m.run("journalctl -u gondor -b -o cat; gondor services list --site my-site --instance primary")
}

// deployed is what the section on deploying says, for this machine.
func (m *machine) deployed(password string) string {
	m.t.Helper()
	var lines []string
	for _, command := range blocks(m.t, "Deploy your own site")[0] {
		command = strings.ReplaceAll(command, "http://localhost:8600", "http://example.com")
		switch {
		case strings.HasPrefix(command, "export PATH="): // it is installed
		case strings.HasPrefix(command, "gondor login "):
			lines = append(lines, command+" --insecure --password-stdin <<<'"+password+"'")
		default:
			lines = append(lines, command)
		}
	}
	return strings.Join(lines, "\n")
}
