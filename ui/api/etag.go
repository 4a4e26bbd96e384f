package api

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/sistem48/system48/ticketing"
)

// etag is a ticket's version as an entity tag (RFC 9110 §8.8.3).
func etag(version int64) string { return `"` + strconv.FormatInt(version, 10) + `"` }

// matches reports whether If-None-Match names the version or is "*".
func matches(header string, version int64) bool {
	for tag := range strings.SplitSeq(header, ",") {
		tag = strings.TrimPrefix(strings.TrimSpace(tag), "W/")
		if tag == "*" || tag == etag(version) {
			return true
		}
	}
	return false
}

// versionsIn gives the versions that If-Match names. A tag that cannot be a
// version of ours, and a weak one, is left out (RFC 9110 §13.1.1).
func versionsIn(header string) []int64 {
	var versions []int64
	for tag := range strings.SplitSeq(header, ",") {
		tag = strings.TrimSpace(tag)
		if len(tag) < 3 || tag[0] != '"' || tag[len(tag)-1] != '"' {
			continue
		}
		if n, err := strconv.ParseInt(tag[1:len(tag)-1], 10, 64); err == nil && n > 0 {
			versions = append(versions, n)
		}
	}
	return versions
}

// ifMatch gives the target of a change: the version that If-Match names, or
// none for "*" and without the header. Of several versions the current one is
// taken if it is among them. When none can be a version of ours: Stale.
func (a *API) ifMatch(ctx context.Context, c *caller, ref ticketing.Reference, header string) (ticketing.Target, error) {
	target := ticketing.Target{Ref: ref}
	header = strings.TrimSpace(header)
	if header == "" || header == "*" {
		return target, nil
	}
	versions := versionsIn(header)
	stale := &ticketing.Error{Kind: ticketing.Stale, Key: "ticket.stale"}
	if len(versions) == 1 {
		target.Version = versions[0]
		return target, nil
	}
	rows, err := a.Reads.TicketRows(ctx, c.actor.Scope(), []ticketing.Reference{ref}, c.actor.Agent)
	switch {
	case err != nil:
		return target, err
	case len(rows) == 0:
		return target, unknownTicket()
	case !slices.Contains(versions, rows[0].Version):
		return target, stale
	}
	target.Version = rows[0].Version
	return target, nil
}
