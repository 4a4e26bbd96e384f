package web

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

// TestHeadAsGet: HEAD has the status and the headers of GET, and no body.
func TestHeadAsGet(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(HeadAsGet(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Method", r.Method)
		_, _ = w.Write([]byte("page"))
	})))
	t.Cleanup(srv.Close)
	for path, want := range map[string]string{"/predmet/S48-26-000001-1": http.MethodGet, "/agent/events": http.MethodHead} {
		res, err := http.Head(srv.URL + path) //nolint:noctx // a server of the test
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != http.StatusOK || res.Header.Get("X-Method") != want || res.ContentLength > 4 {
			t.Errorf("HEAD %s is handled as %s: %d", path, res.Header.Get("X-Method"), res.StatusCode)
		}
	}
}
