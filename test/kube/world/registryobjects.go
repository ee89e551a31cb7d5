package world

import (
	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

func registryLabels() map[string]string {
	return map[string]string{"app.kubernetes.io/name": "test-registry"}
}

func registryService(port int32) *core.Service {
	return &core.Service{
		ObjectMeta: meta.ObjectMeta{Name: registryName},
		Spec: core.ServiceSpec{
			Type: core.ServiceTypeNodePort, Selector: registryLabels(),
			Ports: []core.ServicePort{{Name: "http", Port: 5000, TargetPort: intstr.FromInt32(5000), NodePort: port}},
		},
	}
}

func registryDeployment(image string, arguments ...string) *apps.Deployment {
	one := int32(1)
	return &apps.Deployment{
		ObjectMeta: meta.ObjectMeta{Name: registryName},
		Spec: apps.DeploymentSpec{
			Replicas: &one, Strategy: apps.DeploymentStrategy{Type: apps.RecreateDeploymentStrategyType}, Selector: &meta.LabelSelector{MatchLabels: registryLabels()},
			Template: core.PodTemplateSpec{
				ObjectMeta: meta.ObjectMeta{Labels: registryLabels()},
				Spec: core.PodSpec{
					EnableServiceLinks: new(bool),
					Volumes: []core.Volume{
						{Name: "data", VolumeSource: core.VolumeSource{EmptyDir: &core.EmptyDirVolumeSource{}}},
						{Name: "key", VolumeSource: core.VolumeSource{Secret: &core.SecretVolumeSource{SecretName: registryName}}},
					},
					SecurityContext: &core.PodSecurityContext{FSGroup: groupOf()},
					// Its images would go with it when its node is cut off.
					Tolerations: []core.Toleration{{Operator: core.TolerationOpExists, Effect: core.TaintEffectNoExecute}},
					Containers: []core.Container{{
						Name: "registry", Image: image, Args: arguments,
						VolumeMounts:   []core.VolumeMount{{Name: "data", MountPath: "/data"}, {Name: "key", MountPath: "/key"}},
						ReadinessProbe: &core.Probe{ProbeHandler: core.ProbeHandler{TCPSocket: &core.TCPSocketAction{Port: intstr.FromInt32(5000)}}, PeriodSeconds: 1},
					}},
				},
			},
		},
	}
}

func groupOf() *int64 {
	group := int64(10001)
	return &group
}
