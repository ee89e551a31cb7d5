package e2e

import (
	"net"
	"testing"
)

func TestAKilledServerLeavesSitesRunningAndConnectionsWaiting(t *testing.T) {
	needs(t, "git")
	server := newServer(t)
	site := server.example("static")
	site.run("sites", "init", "--name", "static")
	site.git("add", "gondor.yml")
	site.git("commit", "-qm", "Deploy with Gondor")
	site.run("deploy")
	before := site.run("services", "list", "--output", "json")
	url := site.status().WebURL

	server.kill()
	connection, err := net.Dial("tcp", server.address)
	if err != nil {
		t.Fatalf("a connection is refused while the server is down: %v", err)
	}
	defer func() { _ = connection.Close() }() // it only had to open
	answered := make(chan error, 1)
	go func() {
		response, err := client().Get(url)
		if err == nil {
			err = response.Body.Close()
		}
		answered <- err
	}()
	server.start()
	if err := <-answered; err != nil {
		t.Errorf("the request that waited failed: %v", err)
	}
	page(t, url)
	if after := site.run("services", "list", "--output", "json"); after != before {
		t.Errorf("the services changed:\n%s\nwere:\n%s", after, before)
	}
}
