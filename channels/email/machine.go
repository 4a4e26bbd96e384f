package email

import (
	"strings"

	"github.com/sistem48/system48/ticketing"
)

// machineKind tells whether a program wrote a mail, and how it is known
// (RFC 3834 §3.1.7 and §5, RFC 2919, RFC 3464).
func (p *Parser) machineKind(h mailHeader, t *mimeTree, from string) ticketing.Machine {
	switch {
	case p.isLoop(h):
		return ticketing.MachineLoop
	case isBounce(h, t, from):
		return ticketing.MachineBounce
	case isAutoReply(h, t, from):
		return ticketing.MachineAutoReply
	case p.isList(h):
		return ticketing.MachineList
	}
	return ticketing.MachineNone
}

// isLoop reports whether a mail is one of our own coming back: by the loop
// field of this installation, or by a Message-ID of ours.
func (p *Parser) isLoop(h mailHeader) bool {
	if p.cfg.Loop != "" {
		for _, v := range h.all("x-s48-loop") {
			if strings.EqualFold(strings.TrimSpace(v), p.cfg.Loop) {
				return true
			}
		}
	}
	return p.cfg.OwnMessageID != nil && p.cfg.OwnMessageID(cutMessageID(h.get("message-id")))
}

// isBounce reports whether a mail is a delivery report: by its form, or by a
// mailer daemon that wrote it with an empty envelope sender.
func isBounce(h mailHeader, t *mimeTree, from string) bool {
	if h.has("x-failed-recipients") {
		return true
	}
	if t != nil {
		if t.media == "multipart/report" {
			switch rt := strings.ToLower(t.params.get("report-type")); rt {
			case "delivery-status":
				return true
			case "disposition-notification", "feedback-report":
				return false
			}
		}
		for _, l := range t.leaves {
			if l.media == "message/delivery-status" || l.media == "message/global-delivery-status" {
				return true
			}
		}
	}
	local, _, _ := strings.Cut(from, "@")
	switch local {
	case "mailer-daemon", "maildaemon", "mail-daemon":
		return true
	case "postmaster":
		return nullReturnPath(h) || strings.EqualFold(h.get("auto-submitted"), "auto-replied") && bounceSubject(h)
	}
	return nullReturnPath(h) && bounceSubject(h)
}

// bounceSubject knows the subjects of servers that return mail as plain text.
func bounceSubject(h mailHeader) bool {
	s := strings.ToLower(cleanLine(decodeWords(clip(h.get("subject"), 400)), 200))
	for _, p := range []string{
		"undeliver", "delivery status notification", "mail delivery failed", "delivery failure", "returned mail", "failure notice",
		"delivery notification", "message delayed", "mail delivery", "nedostav", "neisporuč", "nije isporučen", "недостав", "mos-dërgim",
	} {
		if strings.Contains(s, p) {
			return true
		}
	}
	return false
}

func nullReturnPath(h mailHeader) bool {
	return h.has("return-path") && strings.ReplaceAll(h.get("return-path"), " ", "") == "<>"
}

// isAutoReply reports whether a mail was written by a program on somebody's
// behalf: holiday notes, read receipts, senders nobody reads.
func isAutoReply(h mailHeader, t *mimeTree, from string) bool {
	if v := h.get("auto-submitted"); v != "" {
		word, _, _ := strings.Cut(strings.ToLower(v), ";")
		if f := strings.Fields(word); len(f) > 0 && f[0] != "no" {
			return true
		}
	}
	for _, name := range []string{"x-autoreply", "x-autorespond", "x-autoresponder", "x-auto-reply-from", "x-mail-autoreply"} {
		if v := strings.ToLower(h.get(name)); h.has(name) && v != "no" && v != "false" {
			return true
		}
	}
	if v := strings.ToLower(h.get("x-auto-response-suppress")); strings.Contains(v, "all") || strings.Contains(v, "oof") || strings.Contains(v, "autoreply") {
		return true
	}
	if strings.Contains(strings.ToLower(h.get("precedence")), "auto_reply") || nullReturnPath(h) {
		return true
	}
	if t != nil && t.media == "multipart/report" {
		return true
	}
	return robotAddress(from) || autoReplySubject(h)
}

// robotAddress reports whether nobody reads answers at an address.
func robotAddress(a string) bool {
	local, _, _ := strings.Cut(a, "@")
	switch strings.NewReplacer("-", "", "_", "", ".", "").Replace(local) {
	case "mailerdaemon", "postmaster", "noreply", "donotreply", "nereply", "bounce", "bounces":
		return true
	}
	return false
}

// autoReplySubject knows the subjects that mail servers put before an
// out-of-office note.
func autoReplySubject(h mailHeader) bool {
	s := strings.ToLower(cleanLine(decodeWords(clip(h.get("subject"), 400)), 60))
	for _, p := range []string{
		"automatic reply:", "auto reply:", "autoreply:", "auto-reply:", "out of office:", "out of office autoreply", "automatische antwort:",
		"automatski odgovor:", "аутоматски одговор:", "автоматски одговор:", "përgjigje automatike:", "risposta automatica:", "réponse automatique",
		"автоответ:", "автоматический ответ:",
	} {
		if strings.HasPrefix(s, p) {
			return true
		}
	}
	return false
}

// isList reports whether a mail came over a mailing list or in bulk. A list
// that is the bureau's own way of receiving mail does not count.
func (p *Parser) isList(h mailHeader) bool {
	id := strings.ToLower(h.get("list-id"))
	for _, own := range p.cfg.OwnLists {
		if own != "" && strings.Contains(id, strings.ToLower(own)) {
			return false
		}
	}
	if id != "" || h.has("list-unsubscribe") {
		return true
	}
	switch strings.ToLower(strings.TrimSpace(h.get("precedence"))) {
	case "bulk", "list", "junk":
		return true
	}
	return false
}

// isSpam reports whether the city's own filter marked a mail.
func isSpam(h mailHeader) bool {
	if strings.HasPrefix(strings.ToLower(strings.TrimSpace(h.get("x-spam-flag"))), "yes") {
		return true
	}
	return strings.HasPrefix(strings.ToLower(strings.TrimSpace(h.get("x-spam-status"))), "yes")
}
