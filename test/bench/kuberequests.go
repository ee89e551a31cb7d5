package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	flowcontrolv1 "k8s.io/api/flowcontrol/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// counted are the accounts of Gondor's whose requests to the API server are counted.
var counted = []string{"gondor", "router"}

// counters is how the API server is made to count the requests of single accounts, which it
// does for each FlowSchema: one that it takes up is dispatched once, and so is a watch, however
// long that lasts.
type counters struct{ k *kubeBench }

// flow names the FlowSchema of an account.
func (c counters) flow(account string) string { return c.k.Namespace + "-" + account }

// make makes the FlowSchemas. They change nothing else: their requests have the priority that
// those of all service accounts have.
func (c counters) make(ctx context.Context) error {
	flows := c.k.World.Client.FlowcontrolV1().FlowSchemas()
	for _, account := range counted {
		if _, err := flows.Create(ctx, c.schema(account), metav1.CreateOptions{}); err != nil {
			return fmt.Errorf("have the API server count requests: %w", err)
		}
	}
	return nil
}

func (c counters) schema(account string) *flowcontrolv1.FlowSchema {
	all := []string{"*"}
	return &flowcontrolv1.FlowSchema{
		ObjectMeta: metav1.ObjectMeta{Name: c.flow(account)},
		Spec: flowcontrolv1.FlowSchemaSpec{
			PriorityLevelConfiguration: flowcontrolv1.PriorityLevelConfigurationReference{Name: "workload-low"},
			MatchingPrecedence:         100, // before every one that counts several accounts
			DistinguisherMethod:        &flowcontrolv1.FlowDistinguisherMethod{Type: flowcontrolv1.FlowDistinguisherMethodByUserType},
			Rules: []flowcontrolv1.PolicyRulesWithSubjects{{
				Subjects: []flowcontrolv1.Subject{{
					Kind:           flowcontrolv1.SubjectKindServiceAccount,
					ServiceAccount: &flowcontrolv1.ServiceAccountSubject{Namespace: c.k.Namespace, Name: account},
				}},
				ResourceRules:    []flowcontrolv1.ResourcePolicyRule{{Verbs: all, APIGroups: all, Resources: all, ClusterScope: true, Namespaces: all}},
				NonResourceRules: []flowcontrolv1.NonResourcePolicyRule{{Verbs: all, NonResourceURLs: all}},
			}},
		},
	}
}

func (c counters) remove() error {
	var errs []error
	for _, account := range counted {
		errs = append(errs, c.k.World.Client.FlowcontrolV1().FlowSchemas().Delete(context.Background(), c.flow(account), metav1.DeleteOptions{}))
	}
	return errors.Join(errs...)
}

// read returns how many requests the API server has taken up, by account. An account that has
// asked for nothing yet is not in it.
func (c counters) read(ctx context.Context) (map[string]int, error) {
	text, err := c.k.World.Client.Discovery().RESTClient().Get().AbsPath("/metrics").DoRaw(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the API server's counters: %w", err)
	}
	found := map[string]int{}
	for line := range strings.Lines(string(text)) {
		labels, of := strings.CutPrefix(line, "apiserver_flowcontrol_dispatched_requests_total{")
		labels, value, _ := strings.Cut(labels, "} ")
		for _, account := range counted {
			if of && strings.Contains(labels, fmt.Sprintf("flow_schema=%q", c.flow(account))) {
				count, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
				if err != nil {
					return nil, fmt.Errorf("read the API server's counters: %w", err)
				}
				found[account] += int(count)
			}
		}
	}
	return found, nil
}
