package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"gondor/app"
	"gondor/web/api"
)

// siteUnder is the name of the site that is deployed again and again.
const siteUnder = "bench"

// nodes are how many the test cluster has.
const nodes = 3

// pair is one deploy of each, one after the other.
type pair struct {
	gondor, bare lap
	stages       stages // of gondor's
}

// rivals are what is compared.
type rivals struct {
	kube      *kubeBench
	instance  api.Instance
	namespace string // of the instance
	asker     *asker
	pairs     []pair
}

// measurePairs deploys the same images in turn with Gondor and without, and prints how
// long that takes.
func (k *kubeBench) measurePairs(ctx context.Context, rounds int) error {
	if _, err := exec.LookPath("kubectl"); err != nil {
		fmt.Println("kube deploy: left out, as kubectl is not installed")
		return nil
	}
	r := &rivals{kube: k, asker: newAsker(k.Address())}
	defer r.asker.close()
	if err := r.prepare(ctx); err != nil {
		return err
	}
	for n := range rounds {
		one, err := r.race(ctx, k.images[n%len(k.images)], n%2 == 0)
		if err != nil {
			return err
		}
		r.pairs = append(r.pairs, one)
	}
	r.report()
	return nil
}

// prepare makes both and has every node pull both images for both, so that no deploy after
// that waits for that.
func (r *rivals) prepare(ctx context.Context) (err error) {
	k := r.kube
	if r.instance, err = k.makeSite(ctx, siteUnder, nodes); err != nil {
		return err
	}
	r.namespace = k.Namespace + "-" + path.Base(string(r.instance.URL))
	if _, err := r.deploy(ctx, k.images[0]); err != nil {
		return err
	}
	made, err := k.World.Client.AppsV1().Deployments(r.namespace).List(ctx, metav1.ListOptions{})
	if err != nil || len(made.Items) != 1 {
		return errors.Join(errors.New("the site has not one Deployment"), err)
	}
	if err := r.prepareBare(ctx, &made.Items[0]); err != nil {
		return err
	}
	if _, err := r.deploy(ctx, k.images[1]); err != nil {
		return err
	}
	one := 1
	web, err := k.client.FindService(ctx, r.instance.URL, string(app.Web))
	if err == nil {
		_, err = k.client.UpdateService(ctx, web.URL, api.ServiceUpdate{DesiredReplicas: &one})
	}
	return err
}

func (r *rivals) prepareBare(ctx context.Context, model *appsv1.Deployment) error {
	k := r.kube
	if err := k.makeBare(ctx, k.images[0], model); err != nil {
		return err
	}
	if err := k.alone(ctx, k.bareNamespace(), nodes); err != nil {
		return err
	}
	if _, err := r.rollOut(ctx, k.images[1]); err != nil {
		return err
	}
	return k.scaleBare(ctx, 1)
}

// race deploys an edition with both.
func (r *rivals) race(ctx context.Context, next edition, gondorFirst bool) (p pair, err error) {
	quiet := func() error {
		return errors.Join(r.kube.alone(ctx, r.namespace, 1), r.kube.alone(ctx, r.kube.bareNamespace(), 1))
	}
	steps := []func() error{
		func() error {
			began := time.Now()
			if p.gondor, err = r.deploy(ctx, next); err != nil {
				return err
			}
			p.stages, err = r.stagesOf(ctx, began)
			return err
		},
		func() error { p.bare, err = r.rollOut(ctx, next); return err },
	}
	if !gondorFirst {
		steps[0], steps[1] = steps[1], steps[0]
	}
	for _, step := range steps {
		if err := quiet(); err != nil {
			return p, err
		}
		if err := step(); err != nil {
			return p, err
		}
	}
	return p, nil
}

// deploy releases an edition with Gondor.
func (r *rivals) deploy(ctx context.Context, next edition) (lap, error) {
	k := r.kube
	return r.lap(ctx, siteUnder+"."+domain, next, k.Command(k.Dir, "deploy", "--site", siteUnder, "--instance", app.PrimaryLabel, "--image", next.reference))
}

// rollOut gives an edition to the bare Deployment and waits as people do.
func (r *rivals) rollOut(ctx context.Context, next edition) (lap, error) {
	k := r.kube
	kubectl := func(arguments ...string) *exec.Cmd {
		return exec.Command("kubectl", append([]string{"--kubeconfig", k.World.Kubeconfig, "--cache-dir", k.dir + "/kubectl", "--namespace", k.bareNamespace()}, arguments...)...)
	}
	return r.lap(ctx, bareHost, next,
		kubectl("set", "image", "deployment/"+bareName, bareName+"="+next.reference),
		kubectl("rollout", "status", "deployment/"+bareName))
}

// deployRatio is how much longer a deploy with Gondor may take than one without.
const deployRatio = 1.2

func (r *rivals) report() {
	fmt.Printf("kube deploy: seconds from `gondor deploy --image` beside `kubectl set image` and `kubectl rollout status` of the\n"+
		"same image in a Deployment of the same shape without Gondor in it, both through Gondor's routers, medians of %d pairs\n", len(r.pairs))
	fmt.Printf("%-34s %8s %8s %8s %10s %8s\n", "", "gondor", "kubectl", "ratio", "of pairs:", "min, max")
	ratio := r.row("to the first new page", func(l lap) time.Duration { return l.first })
	r.row("until every page is new", func(l lap) time.Duration { return l.settled })
	r.row("until the command says it is done", func(l lap) time.Duration { return l.told })
	r.reportStages()
	failed := [2]int{}
	for _, p := range r.pairs {
		failed[0] += p.gondor.failed
		failed[1] += p.bare.failed
	}
	fmt.Printf("%-34s %8d %8d\n", "requests that failed meanwhile", failed[0], failed[1])
	r.kube.verdicts.judge(ratio <= deployRatio, fmt.Sprintf("kube deploy: the new page within %.1f times kubectl's", deployRatio), "%.2f times", ratio)
}

// row prints one figure of both and returns the ratio of their medians.
func (r *rivals) row(name string, of func(lap) time.Duration) float64 {
	ours := figuresOf(r.pairs, func(p pair) time.Duration { return of(p.gondor) })
	bare := figuresOf(r.pairs, func(p pair) time.Duration { return of(p.bare) })
	ratios := figuresOf(r.pairs, func(p pair) time.Duration {
		return time.Duration(float64(time.Second) * float64(of(p.gondor)) / float64(of(p.bare)))
	})
	fmt.Printf("%-34s %8.3f %8.3f %8.2f %10.2f %8.2f, %.2f\n", name, ours.median, bare.median, ours.median/bare.median, ratios.median, ratios.min, ratios.max)
	return ours.median / bare.median
}
