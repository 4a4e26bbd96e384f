// Package web is the kit on which every page and every endpoint of System 48
// stands: sessions, cross-site protection, response headers, forms, rendering,
// errors, live signals, the translator, passwords, safe mail HTML and safe
// attachments. It has no pages of its own and knows no area.
//
// An area is a package with handlers and .templ files. It registers its routes
// on the groups that a [Kit] gives out, takes the acting person from
// [ActorOf], calls one use case, and answers with [Page], [Render] or
// [Redirect]; whatever goes wrong it returns as an error. Only this package
// knows which HTTP status a ticketing.Kind becomes.
//
// What holds for every response that is not a static file: no-store, a content
// security policy without unsafe-*, no framing, a request id. What holds for
// every request: a bounded body, the client's address from trusted proxies
// only, and no change of state by GET.
package web
