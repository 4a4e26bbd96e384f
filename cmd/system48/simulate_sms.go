package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/sistem48/system48/channels/sms"
	"github.com/sistem48/system48/channels/sms/exchange"
	"github.com/sistem48/system48/ticketing/number"
)

// A simulatedText is a text message as its provider brings it.
type simulatedText struct {
	web, account, token, tokenFile string
	from, to, text, sid            string
	forge                          bool
}

func newSimulateTextCommand() *cobra.Command {
	var t simulatedText
	cmd := &cobra.Command{
		Use: "sms --text TEXT", Short: "A text message of a citizen, by the provider's signed webhook", Args: cobra.NoArgs,
		Long: "Sends a text to the hook of a running bureau, signed as the provider signs. Without --account\nand --token-file it is the demo's account. With --sid the same message can be sent again.",
		RunE: func(cmd *cobra.Command, _ []string) error { return t.send(cmd.Context(), cmd.OutOrStdout()) },
	}
	f := cmd.Flags()
	f.StringVar(&t.web, "url", "http://127.0.0.1:4848", "public address of the bureau, as in public_url")
	f.StringVar(&t.account, "account", demoTextSID, "identifier of the account at the provider")
	f.StringVar(&t.tokenFile, "token-file", "", "`FILE` with the auth token")
	f.StringVar(&t.from, "from", demoTelephones[0], "number of the citizen")
	f.StringVar(&t.to, "to", demoTextNumber, "number of the bureau")
	f.StringVar(&t.text, "text", "", "what is written")
	f.StringVar(&t.sid, "sid", "", "identifier of the message; a new one by itself")
	f.BoolVar(&t.forge, "forge", false, "sign with a wrong token: the bureau must refuse it")
	return cmd
}

// send posts the message once and tells what the hook said.
func (t *simulatedText) send(ctx context.Context, out io.Writer) error {
	if strings.TrimSpace(t.text) == "" {
		return withCode(exitUsage, errors.New("--text is not given"))
	}
	t.token = demoTextToken
	if t.tokenFile != "" {
		var err error
		if t.token, err = readSecret(t.tokenFile); err != nil {
			return withCode(exitConfig, err)
		}
	}
	if t.forge {
		t.token = rand.Text()
	}
	if t.sid == "" {
		t.sid = "SM" + strings.ToLower(rand.Text())
	}
	from := t.from
	if n := number.Parse(from, "ME"); n.Full() {
		from = n.E164
	}
	form := url.Values{
		"MessageSid": {t.sid}, "SmsSid": {t.sid}, "AccountSid": {t.account}, "From": {from}, "To": {t.to}, "Body": {t.text}, "NumMedia": {"0"},
		"NumSegments": {"1"}, "SmsStatus": {"received"}, "ApiVersion": {"2010-04-01"},
	}
	status, err := exchange.Send(ctx, &http.Client{Timeout: 15 * time.Second}, strings.TrimSuffix(t.web, "/")+sms.MessagePath, form, t.token)
	if err != nil {
		return withCode(exitUnavailable, err)
	}
	fmt.Fprintf(out, "%s %d\n", t.sid, status)
	if status != http.StatusOK {
		return withCode(exitTemporary, fmt.Errorf("the hook answers %d", status))
	}
	return nil
}
