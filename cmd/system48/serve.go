package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/sistem48/system48/storage"
	"github.com/sistem48/system48/ui"
	"github.com/sistem48/system48/ui/demo"
	"github.com/sistem48/system48/ui/web"
)

func newServeCommand(load configLoader) *cobra.Command {
	var path string
	cmd := &cobra.Command{
		Use: "serve -c FILE", Short: "Run the bureau: mail, pages, promises", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			cfg, err := loadWarning(load, path, cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			s, err := openSystem(cmd.Context(), cfg, newLogger(cmd.ErrOrStderr(), cfg.Log))
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, s.close()) }()
			return s.serve(cmd.Context(), nil)
		},
	}
	cmd.Flags().StringVarP(&path, "config", "c", "", "configuration `FILE`; without it the defaults and the environment count")
	return cmd
}

// stopWithin bounds a graceful stop; what is in hand is rolled back then.
const stopWithin = 20 * time.Second

// A running is a started system: where it listens.
type running struct {
	web, ops string // host:port
}

// serve runs everything until ctx ends: adapters, duties, pages. ready, if not
// nil, is told once both listeners are open. The order of stopping is: not
// ready, no new requests, streams, workers, database.
func (s *system) serve(ctx context.Context, ready func(running)) error {
	t, err := s.openTraffic(s.holder())
	if err != nil {
		return err
	}
	defer func() {
		for _, sender := range t.senders {
			sender.Close()
		}
	}()
	m := newMetrics(s)
	if t.texts != nil {
		m.registry.MustRegister(&hookCollector{t.texts})
	}
	hooks := s.phoneHooks(m)
	maps.Copy(hooks, t.textHooks())
	server, err := s.openUI(m, hooks)
	if err != nil {
		return err
	}
	ops := &opsServer{s: s, metrics: m}
	webListener, err := listen(s.cfg.HTTP.Listen)
	if err != nil {
		return err
	}
	defer webListener.Close()
	group, gctx := errgroup.WithContext(ctx)
	var opsAddr string
	if s.cfg.Ops.Listen != "" {
		l, err := listen(s.cfg.Ops.Listen)
		if err != nil {
			return err
		}
		opsAddr = l.Addr().String()
		group.Go(func() error { return serveHTTP(gctx, l, ops.handler(), nil) })
	}
	for _, source := range t.sources {
		group.Go(func() error { return source.Run(gctx) })
	}
	group.Go(func() error { return t.receiver.Run(gctx) })
	group.Go(func() error { return t.courier.Run(gctx) })
	for _, c := range t.couriers {
		group.Go(func() error { return c.Run(gctx) })
	}
	group.Go(func() error { return s.heedSignals(gctx, t) })
	group.Go(func() error { return s.runDuties(gctx) })
	group.Go(func() error { return giveBackMemory(gctx) })
	group.Go(func() error {
		server.Run(gctx)
		return nil
	})
	group.Go(func() error {
		return serveHTTP(gctx, webListener, server.Handler(), func() { ops.draining.Store(true) })
	})
	if ready != nil {
		ready(running{web: webListener.Addr().String(), ops: opsAddr})
	}
	s.log.InfoContext(ctx, "serving", "web", webListener.Addr().String(), "ops", opsAddr, "mailboxes", len(t.sources))
	err = group.Wait()
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		err = nil
	}
	s.log.InfoContext(context.WithoutCancel(ctx), "stopped")
	return err
}

// holder names this process among those that share the database: by its host
// and the address it listens on, so that a process started anew takes back at
// once what its killed predecessor held.
func (s *system) holder() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	for _, addr := range []string{s.cfg.HTTP.Listen, s.cfg.Ops.Listen} {
		if _, port, err := net.SplitHostPort(addr); err == nil && port != "0" {
			return host + "/" + addr
		}
	}
	return fmt.Sprintf("%s/%d", host, os.Getpid())
}

func listen(addr string) (net.Listener, error) {
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", addr)
	if err != nil {
		return nil, withCode(exitUnavailable, fmt.Errorf("cannot listen on %s: %w; is another system48 running?", addr, err))
	}
	return l, nil
}

// serveHTTP serves until ctx ends, then lets requests in hand finish.
func serveHTTP(ctx context.Context, l net.Listener, h http.Handler, stopping func()) error {
	srv := web.Server("", h)
	srv.BaseContext = func(net.Listener) context.Context { return context.WithoutCancel(ctx) }
	done := make(chan error, 1)
	go func() { done <- srv.Serve(l) }()
	select {
	case err := <-done:
		return fmt.Errorf("listener %s: %w", l.Addr(), err)
	case <-ctx.Done():
	}
	if stopping != nil {
		stopping()
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
	defer cancel()
	if err := srv.Shutdown(stop); err != nil {
		return errors.Join(err, srv.Close())
	}
	return nil
}

// heedSignals passes the outbox's and the ledger's signals on, and puts changed
// letters in force.
func (s *system) heedSignals(ctx context.Context, t *traffic) error {
	for signal := range s.db.Listen(ctx) {
		switch signal.Type {
		case "outbox":
			t.courier.Wake()
			for _, c := range t.couriers {
				c.Wake()
			}
		case "ledger":
			t.receiver.Wake()
		case "directory", storage.SignalResync:
			if err := s.useLetters(ctx); err != nil && ctx.Err() == nil {
				s.log.WarnContext(ctx, "the city's letters could not be read anew", "err", err)
			}
		}
	}
	return nil
}

// openUI makes the web pages.
func (s *system) openUI(m *metrics, hooks map[string]http.Handler) (*ui.Server, error) {
	proxies, err := s.cfg.trustedProxies()
	if err != nil {
		return nil, withCode(exitConfig, err)
	}
	logo, err := readLogo(s.cfg.City.Logo)
	if err != nil {
		return nil, withCode(exitConfig, fmt.Errorf("city.logo %w", err))
	}
	return ui.New(ui.Deps{
		Brand: web.Brand{Primary: s.cfg.City.Colours.Primary, Accent: s.cfg.City.Colours.Accent, Logo: logo},
		Log:   s.log.With("part", "web"), Now: s.now, Zone: s.zone, PublicURL: s.cfg.PublicURL, City: s.cfg.City.Name,
		Phone: s.cfg.City.Phone, TrustedProxies: proxies, IdleTimeout: s.cfg.Sessions.Idle, AbsoluteTimeout: s.cfg.Sessions.Lifetime,
		BodyLimit: int64(s.cfg.Limits.BodyMB) << 20, Bureau: s.bureau, Ports: s.db, Blobs: s.blobs,
		Sentence: s.book.Sentence, CitizenSentence: s.book.SentenceToCitizen, Observe: m.observe, Mount: s.mounts(),
		APIPerMinute: s.cfg.Limits.APIPerMinute, Region: s.cfg.City.Region, Version: version, Letters: s.book, Hooks: hooks,
	})
}

// mounts are the rooms beside the pages.
func (s *system) mounts() []web.Mount {
	var out []web.Mount
	if s.demo != nil {
		out = append(out, demo.Mount(s.demo))
	}
	if s.phones != nil {
		out = append(out, demo.MountPhone(s.phones))
	}
	return out
}
