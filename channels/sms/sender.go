package sms

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"github.com/twilio/twilio-go/client"
	api "github.com/twilio/twilio-go/rest/api/v2010"

	"github.com/sistem48/system48/channels"
	"github.com/sistem48/system48/ticketing"
)

// A Sender transmits the text messages of one account. Its methods may be
// called concurrently.
type Sender struct {
	link     *link
	callback string
	deps     SenderDeps
	log      *slog.Logger
}

// SenderDeps is what a Sender works with.
type SenderDeps struct {
	PublicURL string // at which Twilio tells of its messages
	// Taken reports whether another delivery is known by the provider's name.
	Taken func(ctx context.Context, providerID string) (bool, error)
	Now   func() time.Time
	Log   *slog.Logger
}

// maxBody bounds a message, in bytes: the provider takes 1,600 characters.
const maxBody = 8 << 10

// NewSender makes the Sender of an account. The error is Invalid and names the
// field of the configuration.
func NewSender(a Account, deps SenderDeps) (*Sender, error) {
	if err := a.check(); err != nil {
		return nil, err
	}
	return &Sender{
		link: newLink(a.complete()), callback: strings.TrimSuffix(deps.PublicURL, "/") + StatusPath, deps: deps, log: deps.Log.With("account", a.Name),
	}, nil
}

// Compose gives the text as it is sent: the core folded it and holds it within
// the parts that the city pays for.
func (s *Sender) Compose(_ context.Context, d ticketing.Delivery) ([]byte, error) {
	if strings.TrimSpace(d.Text) == "" {
		return nil, fmt.Errorf("compose delivery %d: %w", d.ID, ticketing.Invalid)
	}
	return []byte(d.Text), nil
}

// Transmit makes one attempt to hand the message to the provider.
func (s *Sender) Transmit(ctx context.Context, d ticketing.Delivery, raw io.Reader, _ int64) ticketing.Outcome {
	body, err := io.ReadAll(io.LimitReader(raw, maxBody))
	if err != nil {
		return s.outcome(ticketing.DeliveryRetry, "the text cannot be read")
	}
	service, err := s.link.service()
	if err != nil {
		s.log.WarnContext(ctx, "cannot send", "part", "sms", "err", err)
		return s.outcome(ticketing.DeliveryRetry, "the auth token cannot be read")
	}
	p := (&api.CreateMessageParams{}).SetTo(d.To.Address).SetBody(string(body)).SetStatusCallback(s.callback)
	if a := &s.link.account; a.Service != "" {
		p.SetMessagingServiceSid(a.Service)
	} else {
		p.SetFrom(a.sender(d.To.Address))
	}
	m, err := service.CreateMessage(p)
	if err != nil {
		return s.refused(err)
	}
	o := s.outcome(ticketing.DeliverySent, "accepted: "+field(m.Status))
	if o.ProviderID = field(m.Sid); o.ProviderID == "" {
		return s.outcome(ticketing.DeliveryUnknown, "the provider gave no identifier")
	}
	return o
}

func (s *Sender) outcome(state ticketing.DeliveryState, reply string) ticketing.Outcome {
	return ticketing.Outcome{State: state, At: s.deps.Now(), Reply: reply}
}

// refused gives the outcome of a failed attempt. Only what the provider said
// with a number of its own is for good.
func (s *Sender) refused(err error) ticketing.Outcome {
	var call *callError
	if errors.As(err, &call) {
		o := s.outcome(ticketing.DeliveryRetry, call.Error())
		if call.left {
			o.State = ticketing.DeliveryUnknown
		}
		o.RetryAfter = call.after
		return o
	}
	var rest *client.TwilioRestError
	if !errors.As(err, &rest) { // an answer that cannot be read: it may have been taken
		return s.outcome(ticketing.DeliveryUnknown, "the provider's answer cannot be read")
	}
	f := faultOf(rest.Code)
	o := s.outcome(ticketing.DeliveryFailed, fmt.Sprintf("%d error %d", rest.Status, rest.Code))
	o.Recipient, o.OptedOut = f.Recipient, f.OptedOut
	// Credentials and rights are an operator's to mend; the message waits.
	if !f.Final || rest.Status == 401 || rest.Status == 403 && !f.Recipient && rest.Code != 21408 {
		o.State, o.RetryAfter = ticketing.DeliveryRetry, f.Wait
	}
	return o
}

// searchSpan is how far before the attempt a message is looked for: clocks
// differ. searchPages bounds the looking.
const (
	searchSpan  = 5 * time.Minute
	searchPages = 4
	pageSize    = 50
)

// Confirm looks for the message among those the provider lists for the
// recipient since the attempt: the same text, and not one that another delivery
// is known by.
func (s *Sender) Confirm(ctx context.Context, d ticketing.Delivery) (channels.Confirmation, error) {
	var found []string
	p := (&api.ListMessageParams{}).SetTo(d.To.Address).SetPageSize(pageSize)
	since := d.TriedAt.Add(-searchSpan)
	err := s.link.pages(p, searchPages, func(m api.ApiV2010Message) bool {
		made := when(m.DateCreated)
		if !made.IsZero() && made.Before(since) {
			return false // newest first
		}
		if field(m.Direction) != "inbound" && sameText(field(m.Body), d.Text) && field(m.Sid) != "" {
			found = append(found, field(m.Sid))
		}
		return true
	})
	if err != nil {
		return channels.Confirmation{}, fmt.Errorf("look for a message: %w", err)
	}
	for _, id := range found {
		taken, err := s.deps.Taken(ctx, id)
		if err != nil {
			return channels.Confirmation{}, err
		}
		if !taken {
			return channels.Confirmation{Arrived: true, Known: true, ProviderID: id}, nil
		}
	}
	return channels.Confirmation{Known: true}, nil
}

// sameText compares texts as the provider may give them back.
func sameText(a, b string) bool {
	return strings.Join(strings.Fields(a), " ") == strings.Join(strings.Fields(b), " ")
}
