package web

import (
	"net/http"
	"strings"
)

// HeadAsGet answers HEAD as GET without the body, as RFC 9110 §9.3.2 wants of
// every address that can be read: the mail gateways of citizens ask so before they
// let a link through. A live stream has no end to be without; it knows no HEAD.
func HeadAsGet(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodHead && !strings.HasSuffix(r.URL.Path, "/events") {
			get := r.Clone(r.Context()) // the server goes by the original, and sends no body
			get.Method = http.MethodGet
			r = get
		}
		next.ServeHTTP(w, r)
	})
}
