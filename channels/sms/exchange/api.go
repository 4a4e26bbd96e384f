package exchange

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// handler serves the part of the interface that the bureau uses.
func (e *Exchange) handler(ctx context.Context) http.Handler {
	mux := http.NewServeMux()
	root := "/2010-04-01/Accounts/" + e.cfg.SID
	mux.HandleFunc("GET "+root+".json", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, map[string]any{"sid": e.cfg.SID, "status": "active"})
	})
	mux.HandleFunc("GET "+root+"/Messages.json", e.list)
	mux.HandleFunc("POST "+root+"/Messages.json", func(w http.ResponseWriter, r *http.Request) { e.create(ctx, w, r) })
	mux.HandleFunc("GET "+root+"/Messages/{sid}/Media.json", e.listMedia)
	mux.HandleFunc("GET "+root+"/Messages/{sid}/Media/{media}", e.media)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		e.mu.Lock()
		down := e.down
		e.mu.Unlock()
		switch {
		case down:
			http.Error(w, "down", http.StatusServiceUnavailable)
		case user != e.cfg.SID || password != e.cfg.Token:
			writeError(w, http.StatusUnauthorized, 20003)
		default:
			mux.ServeHTTP(w, r)
		}
	})
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // a broken connection is the caller's
}

func writeError(w http.ResponseWriter, status, code int) {
	writeJSON(w, status, map[string]any{"status": status, "code": code, "message": "refused", "more_info": fmt.Sprintf("https://www.twilio.com/docs/errors/%d", code)})
}

// create takes a message, answers, and tells of it later.
func (e *Exchange) create(ctx context.Context, w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 1<<16)
	if err := r.ParseForm(); err != nil {
		writeError(w, http.StatusBadRequest, 20001)
		return
	}
	to, body := r.PostFormValue("To"), r.PostFormValue("Body")
	e.mu.Lock()
	e.calls++
	e.mu.Unlock()
	if e.cfg.Refuse != nil {
		if status, code := e.cfg.Refuse(to, body); status != 0 {
			if status == http.StatusTooManyRequests {
				w.Header().Set("Retry-After", "7")
			}
			writeError(w, status, code)
			return
		}
	}
	from := r.PostFormValue("From")
	if from == "" {
		from = e.cfg.Numbers[0]
	}
	m := Message{SID: newSID("SM"), From: from, To: to, Body: body, State: "queued", At: e.cfg.Now()}
	e.mu.Lock()
	e.messages = append(e.messages, m)
	e.mu.Unlock()
	if callback := r.PostFormValue("StatusCallback"); callback != "" && e.cfg.Delay != nil {
		e.running.Go(func() { e.tell(ctx, m, callback) })
	}
	if e.cfg.Lose != nil && e.cfg.Lose(to, body) {
		panic(http.ErrAbortHandler) // the connection ends without an answer
	}
	writeJSON(w, http.StatusCreated, e.shown(m))
}

// tell sends the reports of a message: out of order, the last one twice.
func (e *Exchange) tell(ctx context.Context, m Message, callback string) {
	u, err := url.Parse(callback)
	if err != nil {
		return
	}
	end, code := "delivered", 0
	if e.cfg.Fail != nil {
		if code = e.cfg.Fail(m.To); code != 0 {
			end = "undelivered"
		}
	}
	for n, report := range []struct {
		state string
		code  int
	}{{end, code}, {"sent", 0}, {end, code}, {"sending", 0}} {
		select {
		case <-ctx.Done():
			return
		case <-time.After(e.cfg.Delay(n)):
		}
		_ = e.report(ctx, m.SID, report.state, report.code, u.Path) // a lost report is found in the list
	}
}

// shown is a message as the interface gives it.
func (e *Exchange) shown(m Message) map[string]any {
	direction := "outbound-api"
	if m.In {
		direction = "inbound"
	}
	at := m.At.UTC().Format(time.RFC1123Z)
	out := map[string]any{
		"sid": m.SID, "account_sid": e.cfg.SID, "from": m.From, "to": m.To, "body": m.Body, "status": m.State, "direction": direction,
		"num_media": strconv.Itoa(m.Photos), "num_segments": "1", "date_created": at, "date_sent": at, "date_updated": at,
	}
	if m.Code != 0 {
		out["error_code"] = m.Code
	}
	return out
}

// list gives messages, newest first, a page at a time.
func (e *Exchange) list(w http.ResponseWriter, r *http.Request) {
	all := e.Conversation("")
	slices.Reverse(all)
	to := r.URL.Query().Get("To")
	all = slices.DeleteFunc(all, func(m Message) bool { return to != "" && m.To != to })
	size, _ := strconv.Atoi(r.URL.Query().Get("PageSize"))
	size = min(max(size, 1), 1000)
	page, _ := strconv.Atoi(r.URL.Query().Get("Page"))
	from := min(max(page, 0)*size, len(all))
	end := min(from+size, len(all))
	out := map[string]any{"page": page, "page_size": size}
	messages := []map[string]any{}
	for _, m := range all[from:end] {
		messages = append(messages, e.shown(m))
	}
	out["messages"] = messages
	if end < len(all) {
		out["next_page_uri"] = fmt.Sprintf("%s?Page=%d&PageSize=%d&PageToken=PT%d", r.URL.Path, page+1, size, end)
	}
	writeJSON(w, http.StatusOK, out)
}

func (e *Exchange) listMedia(w http.ResponseWriter, r *http.Request) {
	e.mu.Lock()
	defer e.mu.Unlock()
	list := []map[string]any{}
	prefix := strings.TrimSuffix(r.URL.Path, ".json") + "/"
	for path := range e.photos {
		if strings.HasPrefix(path, prefix) {
			list = append(list, map[string]any{"uri": path + ".json"})
		}
	}
	writeJSON(w, http.StatusOK, map[string]any{"media_list": list})
}

func (e *Exchange) media(w http.ResponseWriter, r *http.Request) {
	e.mu.Lock()
	photo, ok := e.photos[r.URL.Path]
	e.mu.Unlock()
	if !ok {
		writeError(w, http.StatusNotFound, 20404)
		return
	}
	_, _ = w.Write(photo)
}
