package kube

import (
	"path"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"gondor/cluster/kube/inside"
)

// environmentVolume is the volume of a pod that has its environment.
const environmentVolume = "environment"

// volumes are what a pod can write to, and its environment.
func (p podOrder) volumes() []corev1.Volume {
	readable := int32(0o440)
	all := []corev1.Volume{
		scratch("gondor", 0), scratch("temporary", 0), p.data(),
		{Name: environmentVolume, VolumeSource: corev1.VolumeSource{
			Secret: &corev1.SecretVolumeSource{SecretName: p.Secret, DefaultMode: &readable},
		}},
	}
	if p.Source > 0 {
		all = append(all, scratch("app", p.Source))
	}
	return all
}

// data is what DATA_DIR is on: the instance's volume, or what lasts as long as the pod.
func (p podOrder) data() corev1.Volume {
	if p.Program.Volume == 0 {
		return scratch("data", 0)
	}
	return corev1.Volume{Name: "data", VolumeSource: corev1.VolumeSource{
		PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: dataClaim},
	}}
}

// scratch is a directory of the pod's own, within so many bytes; 0 is no limit.
func scratch(name string, most int64) corev1.Volume {
	source := &corev1.EmptyDirVolumeSource{}
	if most > 0 {
		source.SizeLimit = resource.NewQuantity(most, resource.BinarySI)
	}
	return corev1.Volume{Name: name, VolumeSource: corev1.VolumeSource{EmptyDir: source}}
}

func (p podOrder) mounts() []corev1.VolumeMount {
	all := []corev1.VolumeMount{
		{Name: "gondor", MountPath: inside.Directory},
		{Name: "temporary", MountPath: temporaryDir},
		{Name: "data", MountPath: dataDir},
		{Name: environmentVolume, MountPath: path.Dir(inside.Environment), ReadOnly: true},
	}
	if p.Source > 0 {
		all = append(all, corev1.VolumeMount{Name: "app", MountPath: appDir})
	}
	return all
}
