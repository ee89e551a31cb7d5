package main

import (
	"encoding/base64"
	"fmt"
)

func (ca authority) controlPlane() error {
	key, err := keyPEM(ca.key)
	if err != nil {
		return err
	}
	if err := writePrivate(pkiPath(control, "ca.key"), key); err != nil {
		return err
	}
	if err := writePrivate(pkiPath(control, "ca.crt"), ca.pem()); err != nil {
		return err
	}
	for file, who := range controlPlaneIdentities() {
		if err := ca.write(control, file, who); err != nil {
			return err
		}
	}
	if err := ca.kubeconfigFor(control, "controllers.kubeconfig", identity{name: "system:kube-controller-manager"}); err != nil {
		return err
	}
	return ca.kubeconfigFor(control, "scheduler.kubeconfig", identity{name: "system:kube-scheduler"})
}

func controlPlaneIdentities() map[string]identity {
	return map[string]identity{
		"apiserver": {
			name:      "kube-apiserver",
			hosts:     []string{"kubernetes", "kubernetes.default", "kubernetes.default.svc", "localhost"},
			addresses: []string{"127.0.0.1", controlAddress, "10.96.0.1"},
		},
		"kubelet-client": {name: "apiserver", group: "system:masters"},
		"front-proxy":    {name: "front-proxy"},
		"tokens":         {name: "service-accounts"},
	}
}

func (ca authority) node(node string) error {
	if err := writePrivate(pkiPath(node, "ca.crt"), ca.pem()); err != nil {
		return err
	}
	who := identity{name: "system:node:" + node, group: "system:nodes", hosts: []string{node}, addresses: []string{machineAddress(node)}}
	if err := ca.write(node, "kubelet", who); err != nil {
		return err
	}
	if err := ca.kubeconfigFor(node, "kubelet.kubeconfig", who); err != nil {
		return err
	}
	return ca.kubeconfigFor(node, "proxy.kubeconfig", identity{name: "system:kube-proxy"})
}

func (ca authority) write(machine, file string, who identity) error {
	certificate, key, err := ca.issue(who)
	if err != nil {
		return err
	}
	if err := writePrivate(pkiPath(machine, file+".crt"), certificate); err != nil {
		return err
	}
	return writePrivate(pkiPath(machine, file+".key"), key)
}

func (ca authority) kubeconfigFor(machine, file string, who identity) error {
	text, err := ca.kubeconfig(apiAddress, who)
	if err != nil {
		return err
	}
	return writePrivate(pkiPath(machine, file), text)
}

func (ca authority) kubeconfig(server string, who identity) ([]byte, error) {
	certificate, key, err := ca.issue(who)
	if err != nil {
		return nil, err
	}
	b64 := base64.StdEncoding.EncodeToString
	return fmt.Appendf(nil, `apiVersion: v1
kind: Config
clusters: [{name: %[1]s, cluster: {server: "https://%[2]s", certificate-authority-data: %[3]s}}]
users: [{name: %[1]s, user: {client-certificate-data: %[4]s, client-key-data: %[5]s}}]
contexts: [{name: %[1]s, context: {cluster: %[1]s, user: %[1]s}}]
current-context: %[1]s
`, clusterName, server, b64(ca.pem()), b64(certificate), b64(key)), nil
}
