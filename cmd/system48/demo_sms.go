package main

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"time"

	"github.com/sistem48/system48/channels/sms/exchange"
	"github.com/sistem48/system48/ui/demo"
)

// The demo's account at the telephone exchange. Its token is no secret: the
// exchange listens on loopback only.
const (
	demoTextSID    = "AC48000000000000000000000000demo48"
	demoTextToken  = "48demo48demo48demo48demo48demo48"
	demoTextNumber = "+38220234848"
)

// demoTelephones are the numbers one may write from. Texts to the last one come
// back: nobody has it any more.
var demoTelephones = []string{"+38267100201", "+38268200302", "+38269300403", "+38267404404"}

// demoDead is the telephone that nobody has.
const demoDead = "+38267404404"

// demoPhones lets the page of the citizens' telephones use the exchange.
type demoPhones struct {
	exchange   *exchange.Exchange
	web, token string // where calls are told of, and the file of the token
}

var _ demo.Phones = (*demoPhones)(nil)

// startExchange opens the demo's telephone exchange.
func startExchange(ctx context.Context, addr string) (*exchange.Exchange, error) {
	e, err := exchange.Start(ctx, exchange.Config{
		SID: demoTextSID, Token: demoTextToken, Numbers: []string{demoTextNumber}, Addr: addr, Now: time.Now,
		Delay: func(n int) time.Duration { return time.Duration([]int{1500, 300, 900, 300}[n%4]) * time.Millisecond },
		Fail: func(to string) int {
			if to == demoDead {
				return 30005
			}
			return 0
		},
	})
	if err != nil {
		return nil, withCode(exitUnavailable, err)
	}
	return e, nil
}

// demoTexts is the configuration of the demo's text messages.
func demoTexts(cfg *Config, dir string, e *exchange.Exchange) error {
	token := filepath.Join(dir, "keys", "sms.token")
	if err := replaceFile(token, []byte(demoTextToken+"\n")); err != nil {
		return err
	}
	a := SMSAccount{Name: "texts", AccountSID: demoTextSID, AuthTokenFiles: []string{token}, Numbers: []string{demoTextNumber}, BaseURL: e.BaseURL()}
	a.setDefaults()
	a.PricePerPart = 0.06
	cfg.Channels.SMS = []SMSAccount{a}
	e.SetPublicURL(cfg.PublicURL)
	return nil
}

// Numbers implements demo.Phones.
func (p *demoPhones) Numbers() []string { return demoTelephones }

// Bureau implements demo.Phones.
func (p *demoPhones) Bureau() string { return demoTextNumber }

// Texts implements demo.Phones.
func (p *demoPhones) Texts(number string) []demo.Text {
	var out []demo.Text
	for _, m := range p.exchange.Conversation(number) {
		out = append(out, demo.Text{Body: m.Body, Mine: m.In, State: m.State, Photos: m.Photos, At: m.At})
	}
	return out
}

// Send implements demo.Phones.
func (p *demoPhones) Send(ctx context.Context, number, body string, photos [][]byte) error {
	_, status, err := p.exchange.Text(ctx, number, body, photos...)
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("the hook answers %d", status)
	}
	return err
}
