package kube

import (
	"cmp"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"gondor/app"
	"gondor/cluster/kube/agent"
	"gondor/cluster/kube/inside"
)

// Where things are inside the containers of sites, beside what package inside says.
const (
	appDir       = "/app"  // of an artifact that was built here, and of the source of a build
	dataDir      = "/data" // DATA_DIR
	temporaryDir = "/tmp"  // TMPDIR, and HOME
)

// Names within a pod.
const (
	processContainer = agent.Container // the one that runs the program
	carryContainer   = "carry"         // carries Gondor's binary in before that
	webPort          = "web"           // of a web service
	pullSecret       = "registry"
	dataClaim        = "data"
)

// processUser is the user and the group of everything that runs in a site's pod.
const processUser int64 = 10001

// processOne is the memory that Gondor's process 1 may use beside the program's own.
const processOne = 16 << 20

// podOrder says what a pod runs: a replica of a workload or a one-off.
type podOrder struct {
	Program   app.Program
	Image     string      // what it runs in; empty: the program's artifact
	Spec      inside.Spec // what process 1 is to do
	Promised  app.Size    // the room that it needs on a node; zero: the program's size, which it may use at most
	Secret    string      // the name of the Secret with the environment
	Grace     time.Duration
	Restart   corev1.RestartPolicy
	Port      int               // of a web service, else 0
	Readiness *corev1.Probe     // nil: ready once it runs
	Spread    map[string]string // labels of the pods to be kept on different nodes; empty: none
	Shipped   bool              // the image has Gondor's binary, which need not be carried in
	Source    int64             // bytes of a writable /app in place of the image's; 0: the image's
}

// podSpec makes the pod of an order. It passes the Pod Security standard "restricted", and
// nothing secret stands in it.
func (o Options) podSpec(order podOrder) (corev1.PodSpec, error) {
	if order.Spec.Given["GONDOR"] != "" {
		order.Spec.Given["GONDOR"] = order.binary()
	}
	text, err := order.Spec.Encode()
	if err != nil {
		return corev1.PodSpec{}, err
	}
	grace := int64(order.Grace.Round(time.Second) / time.Second)
	no := false
	return corev1.PodSpec{
		InitContainers:                o.carryContainers(order),
		Containers:                    []corev1.Container{o.container(order, text)},
		Volumes:                       order.volumes(),
		RestartPolicy:                 order.Restart,
		TerminationGracePeriodSeconds: &grace,
		AutomountServiceAccountToken:  &no,
		EnableServiceLinks:            &no,
		SecurityContext:               podSecurity(),
		ImagePullSecrets:              []corev1.LocalObjectReference{{Name: pullSecret}},
		TopologySpreadConstraints:     order.spread(),
	}, nil
}

// literal keeps Kubernetes from expanding an argument, in which it takes $$ for a single $
// and $(NAME) for a variable.
func literal(argument string) string { return strings.ReplaceAll(argument, "$", "$$") }

// binary is where the container has Gondor.
func (order podOrder) binary() string {
	if order.Shipped {
		return inside.Shipped
	}
	return inside.Binary
}

func (o Options) carryContainers(order podOrder) []corev1.Container {
	if order.Shipped {
		return nil
	}
	return []corev1.Container{o.carryContainer()}
}

// carryContainer copies Gondor's binary to where the program's container finds it.
func (o Options) carryContainer() corev1.Container {
	return corev1.Container{
		Name:            carryContainer,
		Image:           o.Image,
		Args:            []string{"inside", "carry", "/carried/gondor"}, // for the image's entrypoint, which is Gondor
		Resources:       resources(app.Size{CPU: 0.01, Memory: 32 << 20}, app.Size{Memory: 128 << 20}),
		VolumeMounts:    []corev1.VolumeMount{{Name: "gondor", MountPath: "/carried"}},
		SecurityContext: containerSecurity(),
	}
}

// container is the one of the program. It begins in the image's own directory, which only
// process 1 may leave: an image that was not built here need not have ours.
func (o Options) container(p podOrder, spec string) corev1.Container {
	most := app.Size{CPU: p.Program.Size.CPU, Memory: p.Program.Size.Memory + processOne}
	if !o.HardCPU {
		most.CPU = 0
	}
	c := corev1.Container{
		Name:            processContainer,
		Image:           cmp.Or(p.Image, p.Program.Artifact.Ref),
		Command:         []string{p.binary(), "inside", "run", literal(spec)},
		Resources:       resources(cmp.Or(p.Promised, p.Program.Size), most),
		VolumeMounts:    p.mounts(),
		ReadinessProbe:  p.Readiness,
		SecurityContext: containerSecurity(),
	}
	if p.Port != 0 {
		c.Ports = []corev1.ContainerPort{{Name: webPort, ContainerPort: int32(p.Port)}}
	}
	return c
}

// resources are what a container is promised and what it may use; 0 is no limit.
func resources(promised, most app.Size) corev1.ResourceRequirements {
	return corev1.ResourceRequirements{Requests: quantities(promised), Limits: quantities(most)}
}

func quantities(s app.Size) corev1.ResourceList {
	list := corev1.ResourceList{corev1.ResourceMemory: *resource.NewQuantity(s.Memory, resource.BinarySI)}
	if s.CPU > 0 {
		list[corev1.ResourceCPU] = *resource.NewMilliQuantity(int64(s.CPU*1000), resource.DecimalSI)
	}
	return list
}

// podSecurity and containerSecurity are what the standard "restricted" asks for, and a
// root file system that is not written to.
func podSecurity() *corev1.PodSecurityContext {
	yes, user, unless := true, processUser, corev1.FSGroupChangeOnRootMismatch
	return &corev1.PodSecurityContext{
		RunAsNonRoot: &yes, RunAsUser: &user, RunAsGroup: &user, FSGroup: &user, FSGroupChangePolicy: &unless,
		SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
	}
}

func containerSecurity() *corev1.SecurityContext {
	yes, no := true, false
	return &corev1.SecurityContext{
		AllowPrivilegeEscalation: &no, ReadOnlyRootFilesystem: &yes,
		Capabilities: &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
	}
}

// spread keeps the replicas of a workload on different nodes as far as that is possible.
func (p podOrder) spread() []corev1.TopologySpreadConstraint {
	if len(p.Spread) == 0 {
		return nil
	}
	return []corev1.TopologySpreadConstraint{{
		MaxSkew: 1, TopologyKey: corev1.LabelHostname, WhenUnsatisfiable: corev1.ScheduleAnyway,
		LabelSelector: &metav1.LabelSelector{MatchLabels: p.Spread},
	}}
}
