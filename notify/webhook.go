package notify

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"gondor/app"
)

// payload is what a webhook is sent (Standard Webhooks 1.0, section "Payload structure").
type payload struct {
	Type      string    `json:"type"`      // "alert.firing", "alert.resolved", "alert.test"
	Timestamp time.Time `json:"timestamp"` // when that was so
	Data      data      `json:"data"`
}

type data struct {
	Alert    string     `json:"alert"` // the same when it begins and when it ends
	Kind     string     `json:"kind"`
	Site     string     `json:"site"`
	Instance string     `json:"instance"`
	Title    string     `json:"title"`
	Text     string     `json:"text"`
	Began    time.Time  `json:"began"`
	Ended    *time.Time `json:"ended"` // null unless it has ended
	URL      string     `json:"url"`
}

// postWebhook posts a message as Standard Webhooks 1.0 has it: webhook-id is the same at each
// attempt, webhook-signature is made of the ID, the time of the attempt and the body.
func (n *Notifier) postWebhook(ctx context.Context, to app.Address, m app.Message) error {
	body, err := json.Marshal(payloadOf(m))
	if err != nil {
		return fmt.Errorf("write the message: %w", err)
	}
	now := strconv.FormatInt(time.Now().Unix(), 10)
	signature, err := sign(to.Secret, m.ID, now, body)
	if err != nil {
		return err
	}
	header := http.Header{}
	header.Set("webhook-id", m.ID)
	header.Set("webhook-timestamp", now)
	header.Set("webhook-signature", signature)
	return post(ctx, n.http, to.To, header, body)
}

func payloadOf(m app.Message) payload {
	p := payload{Type: "alert." + string(m.Status), Timestamp: m.Began, Data: data{
		Alert: m.Alert, Kind: string(m.Kind), Site: m.Site, Instance: m.Instance, Title: m.Title, Text: m.Text, Began: m.Began, URL: m.URL,
	}}
	if !m.Ended.IsZero() {
		p.Timestamp, p.Data.Ended = m.Ended, &m.Ended
	}
	return p
}

// sign is the signature by a symmetric secret (section "Signature scheme"): HMAC-SHA256,
// version 1.
func sign(secret, id, timestamp string, body []byte) (string, error) {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil {
		return "", errors.New("the webhook's secret is not one of Gondor's")
	}
	mac := hmac.New(sha256.New, key)
	_, _ = fmt.Fprintf(mac, "%s.%s.%s", id, timestamp, body) // a hash never fails
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)), nil
}
