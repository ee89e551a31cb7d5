package kube

import (
	"strings"
	"testing"

	"gondor/test/kube/installation"
)

// postgresqlManifests are a database without a password.
const postgresqlManifests = `
apiVersion: v1
kind: Namespace
metadata: {name: SPACE}
---
apiVersion: v1
kind: Service
metadata: {name: postgresql, namespace: SPACE}
spec:
  selector: {app: postgresql}
  ports: [{port: 5432}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: postgresql, namespace: SPACE}
spec:
  selector: {matchLabels: {app: postgresql}}
  template:
    metadata: {labels: {app: postgresql}}
    spec:
      containers:
      - name: postgresql
        image: IMAGE
        command: [su, postgres, -s, /bin/sh, -c]
        args:
        - |
          set -e
          cd /tmp
          bin=$(echo /usr/lib/postgresql/*/bin)
          $bin/initdb -D /tmp/data --auth=trust
          echo "host all all all trust" >> /tmp/data/pg_hba.conf
          exec $bin/postgres -D /tmp/data -c 'listen_addresses=*' -c unix_socket_directories=/tmp
        readinessProbe:
          tcpSocket: {port: 5432}
          periodSeconds: 1
`

// postgresql starts a database in the cluster and returns its URL.
func postgresql(t *testing.T, i *installation.Installation) string {
	t.Helper()
	reference, err := i.Elsewhere.Base(t.Context(), "postgresql")
	if err != nil {
		t.Fatal(err)
	}
	space := i.Namespace + "-database"
	reference = strings.Replace(reference, i.Elsewhere.Inside, i.Elsewhere.Host, 1) // nodes pull it
	text := strings.NewReplacer("SPACE", space, "IMAGE", reference).Replace(postgresqlManifests)
	if err := i.World.Apply(t.Context(), text); err != nil {
		t.Fatal(err)
	}
	eventually(t, "PostgreSQL is ready", func() bool {
		connection, err := i.World.Dial(t.Context(), "tcp", "postgresql."+space+".svc:5432")
		return err == nil && connection.Close() == nil
	})
	return "postgres://postgres:none@postgresql." + space + ".svc:5432/postgres"
}
