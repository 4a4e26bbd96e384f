package storagetest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
)

func testMessages(t *testing.T, r *room) {
	k := r.ticket(t, nil)
	t.Run("every field comes back, files in order", func(t *testing.T) { testFullMessage(t, r, k) })
	t.Run("the least message comes back", func(t *testing.T) {
		want := r.write(t, k.ID, ticketing.Note, func(m *ticketing.Message) {
			*m = ticketing.Message{ID: m.ID, Direction: ticketing.Note, ReceivedAt: r.now(), CreatedAt: r.now()}
		})
		want.Ticket = k.ID
		got, ref, err := r.MessageOf(ctx(), everything, want.ID)
		must(t, err)
		same(t, "message", got, want)
		if ref != k.Ref {
			t.Errorf("reference = %q, want %q", ref, k.Ref)
		}
	})
	t.Run("files get identifiers of their own", func(t *testing.T) {
		m := r.write(t, k.ID, ticketing.Out, func(m *ticketing.Message) {
			m.Files = []ticketing.Attachment{{Key: repeat("01", 32), Name: "a"}, {Key: repeat("01", 32), Name: "b"}}
		})
		got, _, err := r.MessageOf(ctx(), everything, m.ID)
		must(t, err)
		if len(got.Files) != 2 || got.Files[0].ID == 0 || got.Files[0].ID == got.Files[1].ID {
			t.Fatalf("files = %+v, want two with identifiers", got.Files)
		}
		for i, f := range got.Files {
			file, of, err := r.AttachmentOf(ctx(), everything, f.ID)
			must(t, err)
			if file != got.Files[i] || of.ID != m.ID {
				t.Errorf("AttachmentOf(%d) = %+v of message %d, want %+v of %d", f.ID, file, of.ID, got.Files[i], m.ID)
			}
		}
	})
	t.Run("MarkMessage changes mark and taking back, nothing else", func(t *testing.T) { testMark(t, r, k) })
	t.Run("what nobody knows is not found", func(t *testing.T) {
		r.refused(t, ticketing.NotFound, func(tx ticketing.Tx) error {
			_, err := tx.Message(ctx(), 1<<40)
			return err
		})
		r.refused(t, ticketing.NotFound, func(tx ticketing.Tx) error {
			return tx.MarkMessage(ctx(), &ticketing.Message{ID: 1 << 40, Mark: ticketing.MarkMachine})
		})
		_, _, err := r.MessageOf(ctx(), everything, 1<<40)
		wantKind(t, err, ticketing.NotFound)
		_, _, err = r.AttachmentOf(ctx(), everything, 1<<40)
		wantKind(t, err, ticketing.NotFound)
	})
	t.Run("MessagesBy wants one of its two", func(t *testing.T) {
		found, refs, err := r.MessagesBy(ctx(), everything, "", "")
		if err != nil || len(found) != 0 || len(refs) != 0 {
			t.Errorf("MessagesBy() without anything = %d, %d, %v, want nothing", len(found), len(refs), err)
		}
	})
	t.Run("one Message-ID may be that of several messages (F07)", func(t *testing.T) {
		for range 2 {
			r.write(t, k.ID, ticketing.In, func(m *ticketing.Message) { m.MessageIDHeader = "isti@example.me" })
		}
		found, refs, err := r.MessagesBy(ctx(), everything, "isti@example.me", "")
		if err != nil || len(found) != 2 || len(refs) != 2 || refs[0] != k.Ref || refs[1] != k.Ref {
			t.Errorf("MessagesBy() = %d messages of %v, %v, want two", len(found), refs, err)
		}
	})
	t.Run("HasPhoto", func(t *testing.T) { testHasPhoto(t, r) })
	t.Run("messages come oldest first", func(t *testing.T) {
		k := r.ticket(t, nil)
		var want []ticketing.MessageID
		for range 5 {
			want = append(want, r.write(t, k.ID, ticketing.In, nil).ID)
			r.Clock.Advance(time.Second)
		}
		v, err := r.TicketView(ctx(), everything, k.Ref)
		must(t, err)
		var got []ticketing.MessageID
		for _, m := range v.Messages {
			got = append(got, m.ID)
		}
		same(t, "order of messages", got, want)
	})
}

func testFullMessage(t *testing.T, r *room, k *ticketing.Ticket) {
	at, item := r.now(), r.arrive(t, nil)
	want := r.write(t, k.ID, ticketing.In, func(m *ticketing.Message) {
		*m = ticketing.Message{
			ID: m.ID, Episode: 3, Direction: ticketing.In, Channel: ticketing.ChannelEmail, Kind: ticketing.ReplyQuestion, Auto: true, By: "agent:3/desk",
			Author: ticketing.Party{Name: "Ђорђе \"x\" <y>", Address: "djordje@example.me"},
			To:     []ticketing.Party{{Name: "A", Address: "a@example.me"}, {Address: "b@example.me"}}, Cc: []ticketing.Party{{Address: "c@example.me"}},
			Mark: ticketing.MarkThirdParty, Machine: ticketing.MachineAutoReply, Auth: ticketing.AuthPass,
			Subject: "Re: шахт \\ % _", Text: "Prvi red\n\n> navod \U0001F6A7\tkraj\n", FoldAt: 10, HTMLKey: repeat("0a", 32),
			Files: []ticketing.Attachment{
				{Key: repeat("0b", 32), Name: "друга слика.png", ContentType: "image/png", Size: 123456789012, ContentID: "x@y", Inline: true},
				{Key: repeat("0c", 32), Name: "a.txt", ContentType: "text/plain"},
			},
			Language: lang.Sq, Notes: []string{"two_from", "charset_guessed"}, Partial: true, Unreadable: true,
			MessageIDHeader: "abc$def@example.me", RawKey: repeat("0d", 32), RawSHA256: repeat("0e", 32), Ledger: item.ID,
			SentAt: at.Add(-time.Hour), ReceivedAt: at.Add(-time.Minute), CreatedAt: at, TakenBackAt: at.Add(time.Second),
		}
	})
	want.Ticket = k.ID
	var got *ticketing.Message
	r.in(t, func(tx ticketing.Tx) (err error) {
		got, err = tx.Message(ctx(), want.ID)
		return err
	})
	ids := cmpopts.IgnoreFields(ticketing.Attachment{}, "ID")
	same(t, "Tx.Message", *got, want, ids)
	of, _, err := r.MessageOf(ctx(), everything, want.ID)
	must(t, err)
	same(t, "MessageOf", of, want, ids)
	v, err := r.TicketView(ctx(), everything, k.Ref)
	must(t, err)
	same(t, "message of the view", v.Messages[0], want, ids)
	found, _, err := r.MessagesBy(ctx(), everything, want.MessageIDHeader, "")
	if err != nil || len(found) != 1 {
		t.Fatalf("MessagesBy() = %d, %v, want 1", len(found), err)
	}
	same(t, "MessagesBy", found[0], want, ids)
	_, of, err = r.AttachmentOf(ctx(), everything, got.Files[1].ID)
	must(t, err)
	if of.ID != want.ID || of.Ticket != k.ID {
		t.Errorf("AttachmentOf() = message %d of ticket %d", of.ID, of.Ticket)
	}
}

func testMark(t *testing.T, r *room, k *ticketing.Ticket) {
	m := r.write(t, k.ID, ticketing.In, func(m *ticketing.Message) { m.Mark = ticketing.MarkThirdParty })
	want, _, err := r.MessageOf(ctx(), everything, m.ID)
	must(t, err)
	r.in(t, func(tx ticketing.Tx) error {
		x, err := tx.Message(ctx(), m.ID)
		if err != nil {
			return err
		}
		x.Mark, x.TakenBackAt = ticketing.MarkNone, r.now()
		x.Text, x.Subject, x.By, x.Direction, x.Files = "prepravljen", "prepravljen", "agent:9", ticketing.Out, nil
		return tx.MarkMessage(ctx(), x)
	})
	want.Mark, want.TakenBackAt = ticketing.MarkNone, r.now()
	got, _, err := r.MessageOf(ctx(), everything, m.ID)
	must(t, err)
	same(t, "marked message", got, want)
}

func testHasPhoto(t *testing.T, r *room) {
	photo := []ticketing.Attachment{{Key: repeat("0f", 32), Name: "p.jpg", ContentType: "image/jpeg"}}
	k := r.ticket(t, nil)
	has := func(episode int) (yes bool) {
		r.in(t, func(tx ticketing.Tx) (err error) {
			yes, err = tx.HasPhoto(ctx(), k.ID, episode)
			return err
		})
		return yes
	}
	r.write(t, k.ID, ticketing.In, func(m *ticketing.Message) { m.Files = photo })
	r.write(t, k.ID, ticketing.Note, func(m *ticketing.Message) {
		m.Files = []ticketing.Attachment{{Key: repeat("0f", 32), Name: "p.pdf", ContentType: "application/pdf"}}
	})
	if has(1) {
		t.Error("HasPhoto() counts a citizen's picture or a document of the bureau")
	}
	r.write(t, k.ID, ticketing.Note, func(m *ticketing.Message) { m.Files, m.Episode = photo, 2 })
	if has(1) || !has(2) {
		t.Errorf("HasPhoto() of episodes 1, 2 = %v, %v, want false, true", has(1), has(2))
	}
}
