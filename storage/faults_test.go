package storage_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sistem48/system48/storage"
	"github.com/sistem48/system48/storage/migrations"
	"github.com/sistem48/system48/storage/storagetest"
	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/ticketingtest"
)

// newTicket saves a ticket of one event in the transaction.
func newTicket(ctx context.Context, tx ticketing.Tx, at time.Time) (*ticketing.Ticket, error) {
	n, err := tx.NextNumber(ctx, 2026)
	if err != nil {
		return nil, err
	}
	k := &ticketing.Ticket{
		Ref: ticketing.NewReference("S48", 2026, n), Subject: "Rupa", Department: 1, Category: 1, Channel: ticketing.ChannelEmail,
		Episode: 1, ReceivedAt: at, CreatedAt: at, UpdatedAt: at, CustodyAt: at,
	}
	k.Pending.New = true
	k.Pending.Events = []ticketing.Event{{At: at, Actor: "system:test", Kind: ticketing.EventOpened}}
	return k, tx.SaveTicket(ctx, k)
}

// once opens a ticket under an idempotency key, as a form does that may be sent twice.
func once(ctx context.Context, db *storage.DB, key string) error {
	k := ticketing.Once{Caller: "test", Key: key, Hash: "h"}
	return db.InTx(ctx, func(tx ticketing.Tx) error {
		if _, found, err := tx.Once(ctx, k); err != nil || found {
			return err
		}
		t, err := newTicket(ctx, tx, time.Now())
		if err != nil {
			return err
		}
		return tx.SetOnce(ctx, k, string(t.Ref), time.Now())
	})
}

func countTickets(t *testing.T, db *storage.DB) int {
	t.Helper()
	n := 0
	f := ticketing.TicketFilter{Scope: anyone, All: true, Limit: 200}
	for {
		page, err := db.Tickets(t.Context(), f, 0)
		if err != nil {
			t.Fatal(err)
		}
		n += len(page.Items)
		if f.Cursor = page.Next; f.Cursor == "" {
			return n
		}
	}
}

// F54: when the server ends every connection again and again, each piece of
// work is done exactly once, without anybody being told of an error.
func TestF54ConnectionsAreLost(t *testing.T) {
	t.Parallel()
	dsn := storagetest.Postgres(t)
	db, other := open(t, dsn, time.Now), open(t, dsn, time.Now)
	pool, _ := other.Handles()
	ctx, stop := context.WithCancel(t.Context())
	var killing sync.WaitGroup
	var killed atomic.Int64
	killing.Go(func() {
		for ctx.Err() == nil {
			tag, err := pool.Exec(ctx, "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()")
			if err == nil {
				killed.Add(tag.RowsAffected())
			}
			time.Sleep(60 * time.Millisecond)
		}
	})
	const writers, each = 6, 12
	var work sync.WaitGroup
	for w := range writers {
		work.Go(func() {
			for i := range each {
				if err := once(t.Context(), db, fmt.Sprintf("%d/%d", w, i)); err != nil {
					t.Errorf("InTx() = %v", err)
				}
				if _, err := db.Directory(t.Context()); err != nil {
					t.Errorf("Directory() = %v", err)
				}
			}
		})
	}
	work.Wait()
	stop()
	killing.Wait()
	if got := countTickets(t, db); got != writers*each {
		t.Errorf("%d tickets, want %d", got, writers*each)
	}
	if killed.Load() == 0 {
		t.Error("no connection was ended")
	}
}

// F12: transactions that block one another are run again until all are through.
func TestF12Deadlock(t *testing.T) {
	eachEngine(t, func(t *testing.T, url string) {
		db := open(t, url, time.Now)
		var ids []ticketing.TicketID
		for range 2 {
			err := db.InTx(t.Context(), func(tx ticketing.Tx) error {
				k, err := newTicket(t.Context(), tx, time.Now())
				if err == nil {
					ids = append(ids, k.ID)
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		var runs atomic.Int64
		var both sync.WaitGroup
		both.Add(2)
		var work sync.WaitGroup
		for i := range 2 {
			work.Go(func() {
				first := true
				err := db.InTx(t.Context(), func(tx ticketing.Tx) error {
					runs.Add(1)
					a, err := tx.TicketByID(t.Context(), ids[i])
					if err != nil {
						return err
					}
					if first && db.Engine() == "postgres" { // meet with one lock each in hand
						first = false
						both.Done()
						both.Wait()
					}
					b, err := tx.TicketByID(t.Context(), ids[1-i])
					if err != nil {
						return err
					}
					return errors.Join(tx.SaveTicket(t.Context(), a), tx.SaveTicket(t.Context(), b))
				})
				if err != nil {
					t.Errorf("InTx() = %v", err)
				}
			})
		}
		work.Wait()
		if db.Engine() == "postgres" && runs.Load() < 3 {
			t.Errorf("%d runs: no deadlock came about", runs.Load())
		}
		err := db.InTx(t.Context(), func(tx ticketing.Tx) error {
			for _, id := range ids {
				k, err := tx.TicketByID(t.Context(), id)
				if err != nil || k.Version != 3 {
					return fmt.Errorf("version %d, %w", k.Version, err)
				}
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
}

// F55: when no connection, or no turn to write, comes free in time, the caller
// is told Busy; afterwards all is well.
func TestF55Exhausted(t *testing.T) {
	eachEngine(t, func(t *testing.T, url string) {
		db, err := storage.Open(t.Context(), storage.Config{URL: url, MaxConns: 2, Wait: 200 * time.Millisecond}, time.Now, quiet())
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = db.Close() }()
		release, held := make(chan struct{}), make(chan struct{}, 2)
		var holders sync.WaitGroup
		n := 2
		if db.Engine() == "sqlite" {
			n = 1
		}
		for range n {
			holders.Go(func() {
				err := db.InTx(t.Context(), func(tx ticketing.Tx) error {
					if _, err := newTicket(t.Context(), tx, time.Now()); err != nil {
						return err
					}
					_, _ = tx.TicketByID(t.Context(), 1) // sends what is pending: the connection is in a transaction
					held <- struct{}{}
					<-release
					return nil
				})
				if err != nil {
					t.Errorf("holder: %v", err)
				}
			})
		}
		for range n {
			<-held
		}
		start := time.Now()
		err = db.InTx(t.Context(), func(tx ticketing.Tx) error {
			t.Error("the transaction ran")
			return nil
		})
		if !errors.Is(err, ticketing.Busy) || time.Since(start) > 5*time.Second {
			t.Errorf("InTx() = %v after %v, want Busy", err, time.Since(start))
		}
		close(release)
		holders.Wait()
		if got := countTickets(t, db); got != n {
			t.Errorf("%d tickets, want %d", got, n)
		}
	})
}

// A server that is away makes opening fail as Busy, quickly and without the
// password in the error.
func TestServerAway(t *testing.T) {
	t.Parallel()
	_, err := storage.Open(t.Context(), storage.Config{URL: "postgres://s48:geheim@127.0.0.1:9/s48"}, time.Now, quiet())
	if !errors.Is(err, ticketing.Busy) || strings.Contains(err.Error(), "geheim") {
		t.Errorf("Open() = %v, want Busy without the password", err)
	}
	for _, bad := range []string{"", "mysql://x/y", "s48.db", "postgres://s48:geheim@[::1/x"} {
		_, err := storage.Open(t.Context(), storage.Config{URL: bad}, time.Now, quiet())
		if !errors.Is(err, ticketing.Invalid) || strings.Contains(err.Error(), "geheim") {
			t.Errorf("Open(%q) = %v, want Invalid without the password", bad, err)
		}
	}
}

// The address of a standby goes first: the pool finds the primary.
func TestSeveralHosts(t *testing.T) {
	t.Parallel()
	u, err := url.Parse(storagetest.Postgres(t))
	if err != nil {
		t.Fatal(err)
	}
	u.Host = "127.0.0.1:9," + u.Host
	u.RawQuery = "target_session_attrs=read-write&connect_timeout=2"
	db := open(t, u.String(), time.Now)
	if err := once(t.Context(), db, "k"); err != nil {
		t.Error(err)
	}
}

// F59 and F20: an older program does not open a database of a later one, and
// one that is running notices.
func TestF59NewerDatabase(t *testing.T) {
	eachEngine(t, func(t *testing.T, url string) {
		db := open(t, url, time.Now)
		if err := db.CheckSchema(t.Context()); err != nil {
			t.Fatalf("CheckSchema() = %v", err)
		}
		if err := db.Exec(t.Context(), "insert into goose_db_version (version_id, is_applied) values (90000, true)"); err != nil {
			t.Fatal(err)
		}
		var newer *migrations.NewerError
		if err := db.CheckSchema(t.Context()); !errors.As(err, &newer) {
			t.Errorf("CheckSchema() = %v, want *NewerError", err)
		}
		_, err := storage.Open(t.Context(), storage.Config{URL: url}, time.Now, quiet())
		if !errors.As(err, &newer) || newer.Have != 90000 {
			t.Errorf("Open() = %v, want *NewerError", err)
		}
	})
}

// On the shared commit of the embedded database each transaction stands for
// itself: errors, conflicts and panics of some leave the others alone.
func TestSharedCommit(t *testing.T) {
	t.Parallel()
	db := open(t, engines()["sqlite"](t), time.Now)
	oops := errors.New("oops")
	var want atomic.Int64
	var work sync.WaitGroup
	for i := range 120 {
		work.Go(func() {
			defer func() {
				if r := recover(); (r != nil) != (i%6 == 3) {
					t.Errorf("transaction %d: recovered %v", i, r)
				}
			}()
			err := db.InTx(t.Context(), func(tx ticketing.Tx) error {
				k, err := newTicket(t.Context(), tx, time.Now())
				if err != nil {
					return err
				}
				switch i % 6 {
				case 1: // fails before anything was sent
					return oops
				case 2: // fails after its rows were sent
					if _, err := tx.TicketByID(t.Context(), k.ID); err != nil {
						return err
					}
					return oops
				case 3:
					_, _ = tx.TicketByID(t.Context(), k.ID)
					panic("planted")
				case 4: // a reference that is taken
					twin := *k
					twin.ID, twin.Version, twin.Pending.New = 0, 0, true
					return tx.SaveTicket(t.Context(), &twin)
				}
				return nil
			})
			switch i % 6 {
			case 1, 2:
				if !errors.Is(err, oops) {
					t.Errorf("transaction %d = %v", i, err)
				}
			case 4:
				if !errors.Is(err, ticketing.Conflict) {
					t.Errorf("transaction %d = %v, want Conflict", i, err)
				}
			default:
				if err != nil {
					t.Errorf("transaction %d = %v", i, err)
				}
				want.Add(1)
			}
		})
	}
	work.Wait()
	if got := countTickets(t, db); int64(got) != want.Load() {
		t.Errorf("%d tickets, want %d", got, want.Load())
	}
}

// F13: when the disk refuses to write, the caller is told Busy and nothing is
// half done; when it takes writes again, so does the store, without a restart.
func TestF13DiskRefuses(t *testing.T) {
	t.Parallel()
	db := open(t, engines()["sqlite"](t), time.Now)
	if err := once(t.Context(), db, "before"); err != nil {
		t.Fatal(err)
	}
	_, h := db.Handles()
	var pages int64
	if err := h.Reader.QueryRowContext(t.Context(), "pragma page_count").Scan(&pages); err != nil {
		t.Fatal(err)
	}
	limit := func(n int64) {
		if _, err := h.Writer.ExecContext(t.Context(), fmt.Sprintf("pragma max_page_count = %d", n)); err != nil {
			t.Fatal(err)
		}
	}
	limit(pages) // as full as a disk
	const each = 40
	many := func() error {
		return db.InTx(t.Context(), func(tx ticketing.Tx) error {
			for range each {
				if _, err := newTicket(t.Context(), tx, time.Now()); err != nil {
					return err
				}
			}
			return nil
		})
	}
	want := 1
	err := many()
	for ; err == nil && want < 10_000; err = many() { // what free pages are left
		want += each
	}
	if !errors.Is(err, ticketing.Busy) {
		t.Fatalf("a full disk = %v, want Busy", err)
	}
	var work sync.WaitGroup
	for i := range 8 {
		work.Go(func() {
			if err := many(); !errors.Is(err, ticketing.Busy) {
				t.Errorf("transaction %d on a full disk = %v, want Busy", i, err)
			}
		})
	}
	work.Wait()
	limit(1 << 30)
	if err := many(); err != nil {
		t.Errorf("after there is room again: %v", err)
	}
	if got := countTickets(t, db); got != want+each {
		t.Errorf("%d tickets, want %d", got, want+each)
	}
}

// A caller that goes away does not get its transaction half done.
func TestCallerGoesAway(t *testing.T) {
	eachEngine(t, func(t *testing.T, url string) {
		db := open(t, url, time.Now)
		ctx, cancel := context.WithCancel(t.Context())
		err := db.InTx(ctx, func(tx ticketing.Tx) error {
			if _, err := newTicket(ctx, tx, time.Now()); err != nil {
				return err
			}
			cancel()
			return ctx.Err()
		})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("InTx() = %v", err)
		}
		if got := countTickets(t, db); got != 0 {
			t.Errorf("%d tickets, want none", got)
		}
		if err := once(t.Context(), db, "k"); err != nil {
			t.Error(err)
		}
	})
}

// Whatever a citizen's bytes are, they are stored and found again.
func TestHostileText(t *testing.T) {
	eachEngine(t, func(t *testing.T, url string) {
		db := open(t, url, time.Now)
		city := ticketingtest.NewCity(t, db, time.Now(), "")
		const evil = "nula \x00 i \xff\xfe nevaljano \u202e \U0010ffff ' \" \\ % _ $1 ? {lock} --"
		long := strings.Repeat("a", 9000)
		var ref ticketing.Reference
		err := db.InTx(t.Context(), func(tx ticketing.Tx) error {
			k, err := newTicket(t.Context(), tx, time.Now())
			if err != nil {
				return err
			}
			ref = k.Ref
			k.Subject, k.Department, k.Tags, k.Parties = evil, city.Bureau.ID, []string{evil}, []string{evil}
			k.ReplyTo = ticketing.Party{Name: evil, Address: evil}
			k.Pending.Messages = []ticketing.Message{{
				Episode: 1, Direction: ticketing.In, Channel: ticketing.ChannelEmail, Text: evil, Subject: evil, MessageIDHeader: long + evil,
				Author: ticketing.Party{Name: evil, Address: evil}, To: []ticketing.Party{{Name: evil}}, Notes: []string{evil},
				Files: []ticketing.Attachment{{Name: evil, ContentType: evil, ContentID: evil}}, ReceivedAt: time.Now(), CreatedAt: time.Now(),
			}}
			k.Pending.Text = []string{evil, long, strings.Repeat("riječ ", 200_000)}
			return tx.SaveTicket(t.Context(), k)
		})
		if err != nil {
			t.Fatalf("InTx() = %v", err)
		}
		v, err := db.TicketView(t.Context(), anyone, ref)
		if err != nil || len(v.Messages) != 1 || !strings.Contains(v.Messages[0].Text, "nevaljano") || len(v.Messages[0].Files) != 1 {
			t.Fatalf("TicketView() = %+v, %v", v, err)
		}
		if list, _, err := db.MessagesBy(t.Context(), anyone, long+evil, ""); err != nil || len(list) != 1 {
			t.Errorf("MessagesBy() = %d, %v", len(list), err)
		}
		for _, query := range []string{"nevaljano", evil, long, "'", `"`, "*", "()", ":*", "-", "NEAR(a b)", "a AND", "\x00", "%", strings.Repeat("( ", 500)} {
			if _, err := db.Tickets(t.Context(), ticketing.TicketFilter{Scope: anyone, Query: query}, 0); err != nil {
				t.Errorf("Tickets(query %.20q) = %v", query, err)
			}
			if _, err := db.FindCitizens(t.Context(), query, 5); err != nil {
				t.Errorf("FindCitizens(%.20q) = %v", query, err)
			}
			if _, err := db.Ledger(t.Context(), ticketing.LedgerFilter{Query: query}); err != nil {
				t.Errorf("Ledger(query %.20q) = %v", query, err)
			}
		}
	})
}

// Two processes on one file, as a command beside the server: both write.
func TestTwoProcessesOnOneFile(t *testing.T) {
	t.Parallel()
	url := "sqlite:" + filepath.Join(t.TempDir(), "s48.db")
	a, b := open(t, url, time.Now), open(t, url, time.Now)
	var work sync.WaitGroup
	for i, db := range []*storage.DB{a, b} {
		work.Go(func() {
			for n := range 30 {
				if err := once(t.Context(), db, fmt.Sprint(i, "/", n)); err != nil {
					t.Errorf("InTx() = %v", err)
				}
			}
		})
	}
	work.Wait()
	if got := countTickets(t, a); got != 60 {
		t.Errorf("%d tickets, want 60", got)
	}
}

func TestFileIsPrivate(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "s48.db")
	open(t, "sqlite:"+path, time.Now)
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}
