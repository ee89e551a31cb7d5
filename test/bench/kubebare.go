package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"gondor/cluster/kube/registry/token"
	"gondor/cluster/kube/routes"
)

// bareName is the name of all objects of the bare Deployment, and of its container.
const bareName = "bare"

// bareNamespace goes with the installation.
func (k *kubeBench) bareNamespace() string { return k.Namespace + "-" + bareName }

// makeBare makes a Deployment of an edition as people without Gondor would, and a route to
// it through Gondor's routers.
func (k *kubeBench) makeBare(ctx context.Context, first edition, model *appsv1.Deployment) error {
	space := k.bareNamespace()
	key, err := k.key(ctx)
	if err != nil {
		return err
	}
	secret, err := pullSecret(model.Spec.Template.Spec.ImagePullSecrets[0].Name, k.host(), key)
	if err != nil {
		return err
	}
	core, o := k.World.Client.CoreV1(), metav1.CreateOptions{}
	_, err = core.Namespaces().Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: space}}, o)
	if err == nil {
		_, err = core.Secrets(space).Create(ctx, secret, o)
	}
	if err == nil {
		_, err = core.Services(space).Create(ctx, bareService(), o)
	}
	if err == nil {
		_, err = k.World.Client.AppsV1().Deployments(space).Create(ctx, bareDeployment(first, model), o)
	}
	if err != nil {
		return fmt.Errorf("make the bare Deployment: %w", err)
	}
	return nil
}

// bareDeployment is what Gondor makes of a site, without what is Gondor's in its pods: the
// same strategy, resources, security, spread, places to write to (its root is read-only), and
// pace of its probe, which asks the site.
func bareDeployment(first edition, model *appsv1.Deployment) *appsv1.Deployment {
	labels := map[string]string{"app": bareName}
	d := model.DeepCopy()
	d.ObjectMeta, d.Status = metav1.ObjectMeta{Name: bareName}, appsv1.DeploymentStatus{}
	d.Spec.Selector = &metav1.LabelSelector{MatchLabels: labels}
	d.Spec.Template.ObjectMeta = metav1.ObjectMeta{Labels: labels}
	pod := &d.Spec.Template.Spec
	pod.InitContainers = nil
	pod.Volumes = slices.DeleteFunc(pod.Volumes, func(v corev1.Volume) bool { return !isSites(v.Name) })
	for i := range pod.TopologySpreadConstraints {
		pod.TopologySpreadConstraints[i].LabelSelector = d.Spec.Selector
	}
	c := &pod.Containers[0]
	c.Name, c.Image, c.Command = bareName, first.reference, nil
	c.VolumeMounts = slices.DeleteFunc(c.VolumeMounts, func(m corev1.VolumeMount) bool { return !isSites(m.Name) })
	c.ReadinessProbe.HTTPGet.Path, c.ReadinessProbe.HTTPGet.Port = "/", intstr.FromInt32(c.Ports[0].ContainerPort)
	return d
}

// isSites reports whether a volume is the site's own: TMPDIR and DATA_DIR.
func isSites(volume string) bool { return volume == "temporary" || volume == "data" }

// bareHost is where routers serve it.
const bareHost = bareName + "." + domain

func bareService() *corev1.Service {
	route := routes.Annotation{Hosts: []string{bareHost}}
	return &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Name: bareName, Annotations: map[string]string{routes.Key: route.String()}},
		Spec: corev1.ServiceSpec{
			Selector: map[string]string{"app": bareName},
			Ports:    []corev1.ServicePort{{Name: "web", Port: 80, TargetPort: intstr.FromString("web")}},
		},
	}
}

// pullSecret is what nodes pull the editions with.
func pullSecret(name, host string, key []byte) (*corev1.Secret, error) {
	login := map[string]string{}
	login["username"], login["password"] = token.Sign(key, token.Pull(repository))
	text, err := json.Marshal(map[string]any{"auths": map[string]any{host: login}})
	return &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: name}, Type: corev1.SecretTypeDockerConfigJson,
		Data: map[string][]byte{corev1.DockerConfigJsonKey: text},
	}, err
}

// alone waits until a namespace has so many pods and all of them are ready: nothing of an
// earlier deploy is left.
func (k *kubeBench) alone(ctx context.Context, namespace string, count int) error {
	return until(ctx, fmt.Sprintf("%s has its %d pods and no more", namespace, count), func() (bool, error) {
		pods, err := k.World.Client.CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{})
		if err != nil {
			return false, err
		}
		ready := 0
		for _, pod := range pods.Items {
			if isReady(pod) {
				ready++
			}
		}
		return ready == count && len(pods.Items) == count, nil
	})
}

func isReady(pod corev1.Pod) bool {
	for _, c := range pod.Status.Conditions {
		if c.Type == corev1.PodReady {
			return c.Status == corev1.ConditionTrue
		}
	}
	return false
}

// scaleBare sets how many pods the bare Deployment has.
func (k *kubeBench) scaleBare(ctx context.Context, replicas int32) error {
	deployments := k.World.Client.AppsV1().Deployments(k.bareNamespace())
	scale, err := deployments.GetScale(ctx, bareName, metav1.GetOptions{})
	if err != nil {
		return fmt.Errorf("scale the bare Deployment: %w", err)
	}
	scale.Spec.Replicas = replicas
	_, err = deployments.UpdateScale(ctx, bareName, scale, metav1.UpdateOptions{})
	if apierrors.IsConflict(err) {
		err = errors.Join(errors.New("somebody else changes the bare Deployment"), err)
	}
	return err
}
