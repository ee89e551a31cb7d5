package main

import (
	_ "embed"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

//go:embed files/containerd.toml
var containerdConfiguration string

//go:embed files/cni.json
var cniConfiguration string

//go:embed files/kubelet.yaml
var kubeletConfiguration string

//go:embed files/kubelet-quick.yaml
var kubeletQuickTimes string

// startControlPlane starts etcd, the API server, the controller manager and the scheduler.
func startControlPlane(o options) error {
	return errors.Join(
		daemon("/usr/bin/etcd", "etcd", etcdFlags()...),
		daemon(o.Kube, "kube-apiserver", apiServerFlags(o)...),
		daemon(o.Kube, "kube-controller-manager", controllerFlags(o)...),
		daemon(o.Kube, "kube-scheduler", "--kubeconfig=/etc/kubernetes/scheduler.kubeconfig", "--leader-elect=false"))
}

func etcdFlags() []string {
	return []string{
		"--data-dir=/var/lib/etcd", "--unsafe-no-fsync",
		"--listen-client-urls=http://127.0.0.1:2379", "--advertise-client-urls=http://127.0.0.1:2379",
		"--listen-peer-urls=http://127.0.0.1:2380", "--initial-advertise-peer-urls=http://127.0.0.1:2380",
		"--initial-cluster=default=http://127.0.0.1:2380",
	}
}

func apiServerFlags(o options) []string {
	const pki = "/etc/kubernetes/"
	flags := []string{
		"--etcd-servers=http://127.0.0.1:2379",
		"--secure-port=6443", "--advertise-address=" + controlAddress, "--endpoint-reconciler-type=lease",
		"--service-cluster-ip-range=" + serviceNetwork,
		"--service-account-issuer=https://kubernetes.default.svc",
		"--service-account-signing-key-file=" + pki + "tokens.key", "--service-account-key-file=" + pki + "tokens.crt",
		"--tls-cert-file=" + pki + "apiserver.crt", "--tls-private-key-file=" + pki + "apiserver.key",
		"--client-ca-file=" + pki + "ca.crt",
		"--kubelet-client-certificate=" + pki + "kubelet-client.crt", "--kubelet-client-key=" + pki + "kubelet-client.key",
		"--kubelet-certificate-authority=" + pki + "ca.crt", "--kubelet-preferred-address-types=InternalIP",
		"--authorization-mode=Node,RBAC", "--enable-admission-plugins=NodeRestriction", "--allow-privileged=true",
		"--requestheader-client-ca-file=" + pki + "ca.crt", "--requestheader-allowed-names=front-proxy",
		"--requestheader-username-headers=X-Remote-User", "--requestheader-group-headers=X-Remote-Group",
		"--requestheader-extra-headers-prefix=X-Remote-Extra-",
		"--proxy-client-cert-file=" + pki + "front-proxy.crt", "--proxy-client-key-file=" + pki + "front-proxy.key",
		"--enable-aggregator-routing=true", // it has no way to the addresses of Services
	}
	if !o.DefaultTimeouts {
		flags = append(flags, "--default-not-ready-toleration-seconds=5", "--default-unreachable-toleration-seconds=5")
	}
	return flags
}

func controllerFlags(o options) []string {
	const pki = "/etc/kubernetes/"
	flags := []string{
		"--kubeconfig=" + pki + "controllers.kubeconfig", "--leader-elect=false",
		"--kube-api-qps=500", "--kube-api-burst=1000", // or its controllers start over six seconds
		"--service-account-private-key-file=" + pki + "tokens.key", "--root-ca-file=" + pki + "ca.crt",
		"--cluster-signing-cert-file=" + pki + "ca.crt", "--cluster-signing-key-file=" + pki + "ca.key",
		"--cluster-cidr=" + podNetwork, "--allocate-node-cidrs=false", "--use-service-account-credentials=true",
	}
	if !o.DefaultTimeouts {
		flags = append(flags, "--node-monitor-period=1s", "--node-monitor-grace-period=8s", "--node-startup-grace-period=20s")
	}
	return flags
}

// startNode starts containerd, gives it the images that every node has, and starts kubelet
// and kube-proxy as soon as the API server is ready.
func startNode(o options, node string) error {
	if err := errors.Join(configureNode(o, node), makeVolumes()); err != nil {
		return err
	}
	if err := daemon("/usr/bin/containerd", "containerd"); err != nil {
		return err
	}
	if !soon(30*time.Second, containerdAnswers) {
		return errors.New("containerd made no socket within 30 seconds: see its log")
	}
	for _, image := range o.Images {
		if err := quietly(exec.Command("ctr", "-n", "k8s.io", "images", "import", image)); err != nil {
			return err
		}
	}
	awaitAPIServer()
	return errors.Join(
		daemon(o.Kube, "kubelet", "--config=/etc/kubernetes/kubelet.yaml", "--kubeconfig=/etc/kubernetes/kubelet.kubeconfig",
			"--hostname-override="+node, "--node-ip="+machineAddress(node)),
		daemon(o.Kube, "kube-proxy", "--kubeconfig=/etc/kubernetes/proxy.kubeconfig", "--hostname-override="+node,
			"--cluster-cidr="+podNetwork, "--proxy-mode=iptables",
			"--conntrack-max-per-core=0", "--conntrack-tcp-timeout-established=0", "--conntrack-tcp-timeout-close-wait=0"))
}

func containerdAnswers() bool {
	connection, err := net.Dial("unix", "/run/containerd/containerd.sock")
	if err != nil {
		return false
	}
	connection.Close()
	return true
}

func configureNode(o options, node string) error {
	kubelet := kubeletConfiguration
	if !o.DefaultTimeouts {
		kubelet += kubeletQuickTimes
	}
	files := map[string]string{
		"/etc/containerd/config.toml":     containerdConfiguration,
		"/etc/cni/net.d/10-pods.conflist": strings.ReplaceAll(cniConfiguration, "POD_RANGE", podRange(node)),
		"/etc/kubernetes/kubelet.yaml":    kubelet,
	}
	for path, text := range files {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return fmt.Errorf("configure the node: %w", err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			return fmt.Errorf("configure the node: %w", err)
		}
	}
	return nil
}
