package routes

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// objection is something about a Service that its owner should know.
type objection struct {
	service *corev1.Service
	reason  string
	message string
}

// The reasons of Events.
const (
	reasonInvalid = "InvalidRoute"
	reasonTaken   = "HostTaken"
)

// event is the objection as an Event. Its name is made of what it says, so that of many
// routers one makes it, and once.
func (o objection) event(now time.Time) *corev1.Event {
	sum := sha256.Sum256([]byte(string(o.service.UID) + "\n" + o.reason + "\n" + o.message))
	at := metav1.NewTime(now)
	return &corev1.Event{
		ObjectMeta: metav1.ObjectMeta{Namespace: o.service.Namespace, Name: o.service.Name + "." + hex.EncodeToString(sum[:8])},
		InvolvedObject: corev1.ObjectReference{
			APIVersion: "v1", Kind: "Service", Namespace: o.service.Namespace, Name: o.service.Name, UID: o.service.UID,
		},
		Type: corev1.EventTypeWarning, Reason: o.reason, Message: clipped(o.message),
		Source:         corev1.EventSource{Component: "gondor-router"},
		FirstTimestamp: at, LastTimestamp: at, Count: 1,
	}
}

// clipped keeps a message within the 1024 bytes that the API server takes.
func clipped(message string) string {
	const most = 1000
	if len(message) <= most {
		return message
	}
	return message[:most] + "…"
}

// objector tells owners, one after the other, so that routes never wait for it.
type objector struct {
	client kubernetes.Interface
	log    *slog.Logger
	told   map[string]map[objection]bool // by the Service's name, what it was told
	queue  chan objection
}

func newObjector(client kubernetes.Interface, log *slog.Logger) *objector {
	return &objector{client: client, log: log, told: map[string]map[objection]bool{}, queue: make(chan objection, 256)}
}

// tell queues what the Service has not been told before; what it was told and no longer
// holds is forgotten. One goroutine calls it.
func (o *objector) tell(name string, all []objection) {
	now := map[objection]bool{}
	for _, one := range all {
		key := objection{nil, one.reason, one.message}
		now[key] = true
		if o.told[name][key] {
			continue
		}
		o.log.Warn(one.message, "service", name, "reason", one.reason)
		select {
		case o.queue <- one:
		default: // so many at once are in the log, and Events of them help nobody
		}
	}
	if o.told[name] = now; len(now) == 0 {
		delete(o.told, name)
	}
}

// run makes the Events until ctx ends.
func (o *objector) run(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case one := <-o.queue:
			o.make(ctx, one)
		}
	}
}

// eventPatience is how long one Event may take. That it fails is no reason to wait.
const eventPatience = 10 * time.Second

func (o *objector) make(ctx context.Context, one objection) {
	ctx, cancel := context.WithTimeout(ctx, eventPatience)
	defer cancel()
	event := one.event(time.Now())
	_, err := o.client.CoreV1().Events(event.Namespace).Create(ctx, event, metav1.CreateOptions{FieldManager: "gondor"})
	if err != nil && !apierrors.IsAlreadyExists(err) {
		o.log.Warn("an Event could not be made", "service", event.Namespace+"/"+one.service.Name, "error", err)
	}
}
