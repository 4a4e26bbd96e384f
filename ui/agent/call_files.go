package agent

import (
	"context"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ui/components"
	"github.com/sistem48/system48/ui/web"
)

// pageCallFiles is the list of files that calls come from.
const pageCallFiles = components.PageCalls + "/files"

// A callFilesPage lists files of calls, or the rejected rows of one.
type callFilesPage struct {
	shell   components.StaffPage
	calls   bool // may see the calls too
	files   []ticketing.CallFile
	file    *ticketing.CallFile
	rejects []rejectView
	first   string
	next    string
}

// A rejectView is a row that was not taken.
type rejectView struct {
	line   string
	column string
	reason string
	text   string
}

const (
	mostCallFiles   = 100
	rejectsOfOnPage = 100
)

func (a *Area) callFilesPage(c echo.Context) (*callFilesPage, error) {
	ctx := c.Request().Context()
	groups, err := a.Nav.Groups(ctx, web.ActorOf(c))
	if err != nil {
		return nil, err
	}
	p := &callFilesPage{shell: components.StaffPage{Title: web.T(ctx, "calls.files"), Nav: groups, Current: components.PageCalls, Area: "page page--wide"}}
	p.calls = web.ActorOf(c).May(ticketing.RightCalls)
	p.files, err = a.Reads.CallFiles(ctx, "", mostCallFiles)
	return p, err
}

func (a *Area) callFiles(c echo.Context) error {
	p, err := a.callFilesPage(c)
	if err != nil {
		return err
	}
	return web.Render(c, http.StatusOK, callFilesComponent(p))
}

// callRejects lists why rows of a file were not taken, with their lines.
func (a *Area) callRejects(c echo.Context) error {
	p, err := a.callFilesPage(c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	for i := range p.files {
		if strconv.FormatInt(int64(p.files[i].ID), 10) == c.Param("file") {
			p.file = &p.files[i]
		}
	}
	if p.file == nil {
		return &ticketing.Error{Kind: ticketing.NotFound, Key: "call_file.unknown"}
	}
	after, _ := strconv.ParseInt(c.QueryParam("after"), 10, 64) // what is no number begins the list
	list, err := a.Reads.CallRejects(ctx, p.file.ID, after, rejectsOfOnPage+1)
	if err != nil {
		return err
	}
	base := pageCallFiles + "/" + c.Param("file")
	if after > 0 {
		p.first = base
	}
	if len(list) > rejectsOfOnPage {
		list = list[:rejectsOfOnPage]
		p.next = base + "?after=" + strconv.FormatInt(list[rejectsOfOnPage-1].Line, 10)
	}
	for _, r := range list {
		p.rejects = append(p.rejects, rejectOf(ctx, r))
	}
	return web.Render(c, http.StatusOK, callFilesComponent(p))
}

// rejectReasons are the reasons that the catalogues have a sentence for.
var rejectReasons = map[string]bool{
	"long": true, "charset": true, "binary": true, "quote": true, "columns": true, "header": true, "time": true, "gap": true,
	"past": true, "future": true, "order": true, "negative": true, "number": true, "result": true, "key": true,
}

func rejectOf(ctx context.Context, r ticketing.CallReject) rejectView {
	v := rejectView{line: strconv.FormatInt(r.Line, 10), column: r.Column, text: r.Text, reason: web.T(ctx, "call_reject.unfit")}
	if rejectReasons[r.Kind] {
		v.reason = web.T(ctx, "call_reject."+r.Kind)
	}
	return v
}

func callFileChip(ctx context.Context, f *ticketing.CallFile) components.ChipView {
	switch f.State {
	case ticketing.CallFileDone:
		return components.ChipView{Kind: "ok", Icon: "check", Text: web.T(ctx, "calls.file_done")}
	case ticketing.CallFileLost:
		return components.ChipView{Kind: "bad", Icon: "alert-triangle", Text: web.T(ctx, "calls.file_lost")}
	case ticketing.CallFileReading:
	}
	return components.ChipView{Kind: "info", Icon: "refresh", Text: web.T(ctx, "calls.file_reading")}
}
