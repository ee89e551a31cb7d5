package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"gondor/app"
	"gondor/web/api"
)

// How much goes through a run on the cluster in each pair, and how many pairs there are.
const (
	kubePipeSize  = pipeSize / 4
	kubePipePairs = 3
)

// pipeClass is the size of both processes, so that their own share of CPU is not what is
// measured.
const pipeClass = "large"

// kubePipe is a site whose image has a shell, to run in.
type kubePipe struct {
	*kubeBench
	namespace string // of its instance
	workload  string // the Deployment of its service
}

// measurePipe sends bytes through `gondor run … cat` and back beside `kubectl exec … cat` in
// the same image: first a gibibyte, then less of it in pairs.
func (k *kubeBench) measurePipe(ctx context.Context) error {
	if _, err := exec.LookPath("kubectl"); err != nil {
		fmt.Println("kube pipe: left out, as kubectl is not installed")
		return nil
	}
	s, err := k.pipeSite(ctx)
	if err != nil {
		return err
	}
	all, err := k.weighAll(ctx)
	if err != nil {
		return err
	}
	var others []int
	for _, one := range all {
		others = append(others, one.pids...)
	}
	whole, err := pipe(ctx, pipeSize, others, s.gondor())
	if err != nil {
		return err
	}
	var ours, theirs []piped
	for range kubePipePairs {
		one, err := pipe(ctx, kubePipeSize, nil, s.gondor())
		if err != nil {
			return err
		}
		other, err := pipe(ctx, kubePipeSize, nil, s.kubectl())
		if err != nil {
			return err
		}
		ours, theirs = append(ours, one), append(theirs, other)
	}
	s.report(whole, ours, theirs, all)
	return nil
}

// pipeSite deploys an image of Debian with the page.
func (k *kubeBench) pipeSite(ctx context.Context) (*kubePipe, error) {
	base, err := k.World.Image("debian")
	if err != nil {
		return nil, err
	}
	image, err := pageImage(base, k.page(), "pipe")
	if err != nil {
		return nil, err
	}
	made, err := k.push(ctx, "pipe", image)
	if err != nil {
		return nil, err
	}
	instance, err := k.makeSite(ctx, "pipe", 1)
	if err == nil {
		err = k.enlarge(ctx, instance)
	}
	if err == nil {
		err = k.releaseImage(ctx, instance, made)
	}
	if err != nil {
		return nil, fmt.Errorf("make a site to run in: %w", err)
	}
	s := &kubePipe{kubeBench: k, namespace: k.Namespace + "-" + path.Base(string(instance.URL))}
	deployments, err := k.World.Client.AppsV1().Deployments(s.namespace).List(ctx, metav1.ListOptions{})
	if err != nil || len(deployments.Items) != 1 {
		return nil, errors.Join(errors.New("the site to run in has not one Deployment"), err)
	}
	s.workload = deployments.Items[0].Name
	return s, nil
}

// enlarge gives the web service of an instance the size.
func (k *kubeBench) enlarge(ctx context.Context, instance api.Instance) error {
	web, err := k.client.FindService(ctx, instance.URL, string(app.Web))
	if err != nil {
		return err
	}
	size := pipeClass
	_, err = k.client.UpdateService(ctx, web.URL, api.ServiceUpdate{Size: &size})
	return err
}

func (s *kubePipe) gondor() *exec.Cmd {
	return s.Command(s.Dir, "run", string(app.Web), "--site", "pipe", "--instance", app.PrimaryLabel, "--size", pipeClass, "--", "cat")
}

func (s *kubePipe) kubectl() *exec.Cmd {
	c := exec.Command("kubectl", "--kubeconfig", s.World.Kubeconfig, "--cache-dir", s.dir+"/kubectl", "--namespace", s.namespace,
		"exec", "-i", "deployment/"+s.workload, "--", "cat")
	c.Env = os.Environ()
	return c
}

func (s *kubePipe) report(whole piped, ours, theirs []piped, all []held) {
	rates := func(all []piped) figures {
		return figuresOf(all, func(p piped) time.Duration { return time.Duration(p.rate() * float64(time.Second)) })
	}
	gondor, kubectl := rates(ours), rates(theirs)
	fmt.Printf("kube pipe: MiB a second through a process in the cluster and back, each way, medians of %d pairs of %d MiB\n", len(ours), kubePipeSize>>20)
	fmt.Printf("gondor run web -- cat   %6.1f\nkubectl exec -- cat     %6.1f\nratio                   %6.2f\n", gondor.median, kubectl.median, gondor.median/kubectl.median)
	fmt.Printf("a gibibyte through gondor run and back, the same: %.1f MiB/s; at most in MB, RSS and anonymous:\n", whole.rate())
	fmt.Printf("%-10s %5.1f %5.1f\n", "command", megabytes(whole.peaks[0].rss), megabytes(whole.peaks[0].anonymous))
	rest := whole.peaks[1:]
	for _, one := range all {
		for range one.pids {
			fmt.Printf("%-10s %5.1f %5.1f\n", one.component, megabytes(rest[0].rss), megabytes(rest[0].anonymous))
			rest = rest[1:]
		}
	}
	s.verdicts.judge(whole.peaks[0].rss < pipeMemory, "kube pipe: the command below 50 MB", "%.1f MB", megabytes(whole.peaks[0].rss))
}
