package main

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/sistem48/system48/channels/email"
	"github.com/sistem48/system48/ticketing"
)

// newMailCommand makes "mail ingest", by which a mail server hands a mail over
// (as a pipe transport or MDA).
func newMailCommand(load configLoader) *cobra.Command {
	mail := &cobra.Command{
		Use: "mail", Short: "Mail without IMAP", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	var account string
	ingest := &cobra.Command{
		Use: "ingest --account NAME", Short: "Enter one mail from standard input in the intake ledger",
		Long: "Ends with 0 once the mail is safe, with 75 when the mail server should try again.\nThe same mail given twice is entered once. A running serve makes the ticket.",
		Args: cobra.NoArgs,
	}
	ingest.Flags().StringVar(&account, "account", "", "configured mailbox the mail came in by; without it the first")
	withSystem(ingest, load, func(s *system, cmd *cobra.Command) error {
		id, state, err := s.ingest(cmd, account, cmd.InOrStdin())
		if err != nil {
			return temporary(err)
		}
		_, err = fmt.Fprintf(cmd.OutOrStdout(), "%d %s\n", id, state)
		return err
	})
	mail.AddCommand(ingest)
	return mail
}

// temporary makes every failure but bad usage one the mail server retries after.
func temporary(err error) error {
	var coded interface{ ExitCode() int }
	if errors.As(err, &coded) {
		return err
	}
	return withCode(exitTemporary, err)
}

// maxIngest bounds a mail from standard input.
const maxIngest = 100 << 20

func (s *system) ingest(cmd *cobra.Command, account string, in io.Reader) (ticketing.LedgerID, ticketing.LedgerState, error) {
	box, err := s.account(account)
	if err != nil {
		return 0, "", err
	}
	digest := email.NewDigest()
	limited := &io.LimitedReader{R: in, N: maxIngest + 1}
	key, size, err := s.blobs.Put(cmd.Context(), io.TeeReader(limited, digest), true)
	if err != nil {
		return 0, "", fmt.Errorf("store the mail: %w", err)
	}
	if limited.N == 0 {
		return 0, "", withCode(exitData, errors.New("the mail is larger than 100 MB"))
	}
	if size == 0 {
		return 0, "", withCode(exitData, errors.New("standard input is empty"))
	}
	sum := digest.Sum()
	raw, err := hex.DecodeString(sum.RawSHA256)
	if err != nil {
		return 0, "", err
	}
	now := s.now().UTC()
	// A lease of its own: mails handed over at once do not wait for one another.
	lease := "ingest/" + rand.Text()
	fence, _, err := s.db.Acquire(cmd.Context(), lease, lease, time.Minute)
	if err != nil {
		return 0, "", fmt.Errorf("enter the mail: %w", err)
	}
	defer func() { _ = s.db.Release(context.WithoutCancel(cmd.Context()), fence, lease) }() // it ends by itself too
	accepted, err := s.db.Accept(cmd.Context(), fence, []ticketing.Arrival{{
		Channel: ticketing.ChannelEmail,
		// The bytes name the item: the same mail handed over again is the same row.
		Box: ticketing.Mailbox{Account: box.Name, Folder: "ingest", UIDValidity: binary.BigEndian.Uint32(raw)}, UID: binary.BigEndian.Uint32(raw[4:]),
		RawKey: key, RawSHA256: sum.RawSHA256, RawSize: size, ContentKey: sum.ContentKey, ReceivedAt: now,
		Oversize: size > int64(box.IMAP.MaxMessageMB)<<20, From: sum.From, Subject: sum.Subject, MessageID: sum.MessageID,
	}})
	if err != nil {
		return 0, "", fmt.Errorf("enter the mail: %w", err)
	}
	return accepted[0].ID, accepted[0].State, nil
}

// account gives the configured mailbox of the name, the first for "".
func (s *system) account(name string) (EmailAccount, error) {
	for _, a := range s.cfg.Channels.Email {
		if name == "" || a.Name == name {
			return a, nil
		}
	}
	return EmailAccount{}, withCode(exitConfig, fmt.Errorf("there is no mailbox %q under channels.email", name))
}
