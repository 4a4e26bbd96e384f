package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/pprof"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// An opsServer answers /healthz, /readyz, /metrics, /version and profiles, on a
// listener of its own.
type opsServer struct {
	s        *system
	metrics  *metrics
	draining atomic.Bool // stopping: not ready any more
}

// A readiness is one reason for or against being ready.
type readiness struct {
	Name   string `json:"name"`
	OK     bool   `json:"ok"`
	Detail string `json:"detail,omitempty"`
	// Degraded things are said but do not take the process out of service: a
	// mailbox that is away must not take the agents' pages away.
	Degraded bool `json:"degraded,omitempty"`
}

func (o *opsServer) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok\n")) })
	mux.HandleFunc("GET /readyz", o.ready)
	mux.HandleFunc("GET /version", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, http.StatusOK, build()) })
	mux.Handle("GET /metrics", promhttp.HandlerFor(o.metrics.registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	return mux
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

func (o *opsServer) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 5*time.Second)
	defer cancel()
	checks := o.s.readiness(ctx)
	if o.draining.Load() {
		checks = append(checks, readiness{Name: "process", Detail: "stopping"})
	}
	status := http.StatusOK
	for _, c := range checks {
		if !c.OK && !c.Degraded {
			status = http.StatusServiceUnavailable
		}
	}
	writeJSON(w, status, map[string]any{"ready": status == http.StatusOK, "checks": checks})
}

// mailboxSilent is after how long without a finished sweep a mailbox is said to
// be degraded.
const mailboxSilent = 15 * time.Minute

// readiness looks at database, schema, blobs and mailboxes.
func (s *system) readiness(ctx context.Context) []readiness {
	check := func(name string, err error) readiness {
		if err != nil {
			return readiness{Name: name, Detail: err.Error()}
		}
		return readiness{Name: name, OK: true}
	}
	out := []readiness{check("database", s.db.Ping(ctx)), check("schema", s.db.CheckSchema(ctx)), check("files", s.blobs.Check(ctx))}
	boxes, err := s.db.MailboxHealths(ctx)
	if err != nil {
		return append(out, check("mailboxes", err))
	}
	for _, a := range s.cfg.Channels.Email {
		r := readiness{Name: "mailbox " + a.Name, Detail: "not read yet", Degraded: true}
		for _, b := range boxes {
			if b.Account != a.Name {
				continue
			}
			r.Detail = b.State
			if b.State == "paused" {
				r.Detail = "paused under Settings, Mailboxes"
			}
			if b.Detail != "" {
				r.Detail += ": " + b.Detail
			}
			r.OK = (b.State == "ok" || b.State == "standby") && s.now().Sub(b.LastSuccess) < mailboxSilent
		}
		out = append(out, r)
	}
	return out
}

// metrics are the numbers of reliability: no ids, addresses or subjects in them (I10).
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.HistogramVec
	calls    *prometheus.CounterVec
}

func newMetrics(s *system) *metrics {
	m := &metrics{registry: prometheus.NewRegistry()}
	m.requests = prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "system48_http_request_duration_seconds", Help: "Time to answer web requests.",
		Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
	}, []string{"route", "method", "code"})
	m.calls = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "system48_call_events_total", Help: "Events that telephone systems told of, by answer.",
	}, []string{"source", "event", "code"})
	info := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "system48_build_info", Help: "Always 1; the version is in the labels."}, []string{"version", "go"})
	b := build()
	info.WithLabelValues(b.Version, b.Go).Set(1)
	m.registry.MustRegister(m.requests, m.calls, info, &stateCollector{s: s},
		prometheus.NewGoCollector(), prometheus.NewProcessCollector(prometheus.ProcessCollectorOpts{})) //nolint:staticcheck // SA1019: the collectors package adds nothing here
	return m
}

// callEvent records one event of a telephone system.
func (m *metrics) callEvent(source, event string, code int) {
	m.calls.WithLabelValues(source, event, strconv.Itoa(code)).Inc()
}

// observe records one web request.
func (m *metrics) observe(route, method string, code int, took time.Duration) {
	m.requests.WithLabelValues(route, method, fmt.Sprint(code)).Observe(took.Seconds())
}

// A stateCollector reads what the database knows when it is asked.
type stateCollector struct{ s *system }

var (
	ingestItems  = desc("ingest_items_total", "Items of the intake ledger by disposition.", "result")
	ingestOldest = desc("ingest_oldest_unprocessed_seconds", "Age of the oldest item that has no disposition.")
	imapSuccess  = desc("imap_last_success_timestamp_seconds", "When a mailbox was last swept to the end.", "mailbox")
	outbound     = desc("outbound_messages", "Deliveries by state.", "state")
	outOldest    = desc("outbound_oldest_queued_seconds", "How long the delivery that should leave next is late.")
	slaOpen      = desc("sla_open_tickets", "Tickets in work by how their nearest promise stands.", "state")
	scrapeOK     = desc("state_up", "Whether the database answered this scrape.")
)

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("system48_"+name, help, labels, nil)
}

// Describe implements prometheus.Collector.
func (c *stateCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{ingestItems, ingestOldest, imapSuccess, outbound, outOldest, slaOpen, scrapeOK} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (c *stateCollector) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	up := 0.0
	if c.collect(ctx, ch) == nil {
		up = 1
	}
	ch <- prometheus.MustNewConstMetric(scrapeOK, prometheus.GaugeValue, up)
}

func (c *stateCollector) collect(ctx context.Context, ch chan<- prometheus.Metric) error {
	now := c.s.now()
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	sum, err := c.s.db.Overview(ctx, now)
	if err != nil {
		return err
	}
	for state, n := range sum.Ledger {
		ch <- prometheus.MustNewConstMetric(ingestItems, prometheus.CounterValue, float64(n), string(state))
	}
	gauge(ingestOldest, age(now, sum.OldestReceived))
	gauge(slaOpen, float64(sum.OpenOnTime), "ok")
	gauge(slaOpen, float64(sum.OpenLate), "breached")
	gauge(slaOpen, float64(sum.OpenPaused), "paused")
	states, _, err := c.s.db.DeliveryCounts(ctx)
	if err != nil {
		return err
	}
	next, err := c.s.db.NextDeliveryAt(ctx)
	if err != nil {
		return err
	}
	for state, n := range states {
		gauge(outbound, float64(n), string(state))
	}
	gauge(outOldest, age(now, next)) // what waits for its hour is not late
	boxes, err := c.s.db.MailboxHealths(ctx)
	if err != nil {
		return err
	}
	for _, b := range boxes {
		if !b.LastSuccess.IsZero() {
			gauge(imapSuccess, float64(b.LastSuccess.Unix()), b.Account)
		}
	}
	return nil
}

func age(now, at time.Time) float64 {
	if at.IsZero() {
		return 0
	}
	return max(0, now.Sub(at).Seconds())
}
