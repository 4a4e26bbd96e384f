package api

import (
	"context"
	"net/http"

	"github.com/sistem48/system48/ticketing"
)

// registerActs adds what is done with a ticket without writing to anybody.
func (a *API) registerActs() {
	register(a, route{
		id: "change-ticket", method: http.MethodPatch, path: "/tickets/{ref}", right: ticketing.RightWrite, summary: "Change a ticket",
		text: "All changes of one request are made together or not at all. With If-Match they are refused with 412 when the ticket is no longer the one that was read.",
	}, a.patchTicket)
	register(a, route{
		id: "validate-ticket", method: http.MethodPost, path: "/tickets/{ref}/validation", right: ticketing.RightValidate,
		summary: "Confirm a report, or reject it for insufficient data",
		text:    "Confirming starts a promise that counts from validation.",
	}, a.validate)
	register(a, route{
		id: "pause-ticket", method: http.MethodPost, path: "/tickets/{ref}/pauses", right: ticketing.RightWrite,
		summary: "Wait for the citizen, a body, weather or material",
		text:    "Waiting for the citizen is possible only after a question was sent.",
	}, a.pause)
	register(a, route{
		id: "resume-ticket", method: http.MethodDelete, path: "/tickets/{ref}/pauses/current", right: ticketing.RightWrite, summary: "End the wait",
	}, a.resume)
	register(a, route{
		id: "resolve-ticket", method: http.MethodPost, path: "/tickets/{ref}/resolution", right: ticketing.RightWrite,
		summary: "Record that the work is done", text: "With what the category demands as proof.",
	}, a.resolve)
	register(a, route{
		id: "close-ticket", method: http.MethodPost, path: "/tickets/{ref}/closure", right: ticketing.RightWrite, summary: "Close a ticket with a code",
		text: "The citizen is told, with the way to say that it is not solved.",
	}, a.closeTicket)
	register(a, route{
		id: "reopen-ticket", method: http.MethodPost, path: "/tickets/{ref}/reopening", right: ticketing.RightWrite,
		summary: "Reopen a resolved or closed ticket", text: "A new episode with new clocks begins.",
	}, a.reopen)
	register(a, route{
		id: "mark-spam", method: http.MethodPost, path: "/tickets/{ref}/spam", right: ticketing.RightSpam, summary: "Move a ticket to the spam view",
	}, a.spam)
	register(a, route{
		id: "unmark-spam", method: http.MethodDelete, path: "/tickets/{ref}/spam", right: ticketing.RightSpam,
		summary: "Take the spam mark back", text: "Clocks run from receipt; the receipt goes out.",
	}, a.notSpam)
}

// ActInput is what every act takes beside its body.
type ActInput struct {
	RefInput
	OnceInput
	IfMatch string `header:"If-Match" maxLength:"400" doc:"ETag of the ticket as it was read"`
}

// deed is one act of the desk on the ticket.
type deed func(desk *ticketing.Desk, target ticketing.Target) (*ticketing.Ticket, error)

// do runs an act and answers with the ticket as it is now.
func (a *API) do(ctx context.Context, c *caller, in *ActInput, body any, run deed) (*ticketOutput, error) {
	d, err := a.perform(ctx, c, in, body, nil, func(desk *ticketing.Desk, target ticketing.Target) (done, error) {
		_, err := run(desk, target)
		return done{ref: target.Ref}, err
	})
	if err != nil {
		return nil, err
	}
	return a.afterAct(ctx, c, d, http.StatusOK)
}

// perform is act for what is done with the ticket of the path.
func (a *API) perform(ctx context.Context, c *caller, in *ActInput, body any, files map[string]ticketing.Attachment,
	run func(desk *ticketing.Desk, target ticketing.Target) (done, error),
) (done, error) {
	ref, err := a.ref(in.Ref)
	if err != nil {
		return done{}, err
	}
	key, err := in.key(c, body)
	if err != nil {
		return done{}, err
	}
	return a.act(ctx, key, files, func(b *ticketing.Bureau) (done, error) {
		target, err := a.ifMatch(ctx, c, ref, in.IfMatch)
		if err != nil {
			return done{}, err
		}
		return run(&ticketing.Desk{Bureau: b}, target)
	})
}

// afterAct answers with the ticket an act was about.
func (a *API) afterAct(ctx context.Context, c *caller, d done, status int) (*ticketOutput, error) {
	v, err := a.view(ctx, c, d.ref)
	if err != nil {
		return nil, err
	}
	out, err := a.answerTicket(ctx, c, v, false)
	if err != nil {
		return nil, err
	}
	out.Status, out.Replayed = status, replayed(d)
	return out, nil
}

func replayed(d done) string {
	if d.replayed {
		return "true"
	}
	return ""
}

type validationInput struct {
	ActInput
	Body *struct {
		Valid *bool `json:"valid,omitempty" doc:"false: reject for insufficient data, which closes the ticket; true when absent"`
	} `nameHint:"Validation"`
}

func (a *API) validate(ctx context.Context, c *caller, in *validationInput) (*ticketOutput, error) {
	return a.do(ctx, c, &in.ActInput, in.Body, func(desk *ticketing.Desk, t ticketing.Target) (*ticketing.Ticket, error) {
		if in.Body != nil && in.Body.Valid != nil && !*in.Body.Valid {
			return desk.Reject(ctx, c.actor, t)
		}
		return desk.Validate(ctx, c.actor, t)
	})
}

type pauseInput struct {
	ActInput
	Body struct {
		Reason string `json:"reason" enum:"citizen,body,weather,material"`
	} `nameHint:"Pause"`
}

func (a *API) pause(ctx context.Context, c *caller, in *pauseInput) (*ticketOutput, error) {
	return a.do(ctx, c, &in.ActInput, in.Body, func(desk *ticketing.Desk, t ticketing.Target) (*ticketing.Ticket, error) {
		return desk.Wait(ctx, c.actor, t, ticketing.WaitReason(in.Body.Reason))
	})
}

func (a *API) resume(ctx context.Context, c *caller, in *ActInput) (*ticketOutput, error) {
	return a.do(ctx, c, in, nil, func(desk *ticketing.Desk, t ticketing.Target) (*ticketing.Ticket, error) {
		return desk.Resume(ctx, c.actor, t)
	})
}

type resolutionInput struct {
	ActInput
	Body *struct {
		Note string `json:"note,omitempty" maxLength:"500" doc:"the number of the decision, where the category demands one"`
	} `nameHint:"Resolution"`
}

func (a *API) resolve(ctx context.Context, c *caller, in *resolutionInput) (*ticketOutput, error) {
	note := ""
	if in.Body != nil {
		note = in.Body.Note
	}
	return a.do(ctx, c, &in.ActInput, in.Body, func(desk *ticketing.Desk, t ticketing.Target) (*ticketing.Ticket, error) {
		return desk.Resolve(ctx, c.actor, t, note)
	})
}

type closureInput struct {
	ActInput
	Body struct {
		Code        string `json:"code" enum:"resolved,answered_not_solvable,not_competent,duplicate,insufficient_data,withdrawn,abuse"`
		Note        string `json:"note,omitempty" maxLength:"500" doc:"the competent body, the law, the number of a decision: as the code demands"`
		DuplicateOf string `json:"duplicate_of,omitempty" maxLength:"40" doc:"reference of the other ticket, for the code duplicate"`
		Silent      bool   `json:"silent,omitempty" doc:"do not tell the citizen"`
	} `nameHint:"Closure"`
}

func (a *API) closeTicket(ctx context.Context, c *caller, in *closureInput) (*ticketOutput, error) {
	closing := ticketing.CloseInput{Code: ticketing.ClosingCode(in.Body.Code), Note: in.Body.Note, Silent: in.Body.Silent}
	if in.Body.DuplicateOf != "" {
		ref, err := ticketing.ParseReference(a.Bureau.Settings.Prefix, in.Body.DuplicateOf)
		if err != nil {
			return nil, unknown("duplicate_of", "reference.malformed")
		}
		closing.Duplicate = ref
	}
	return a.do(ctx, c, &in.ActInput, in.Body, func(desk *ticketing.Desk, t ticketing.Target) (*ticketing.Ticket, error) {
		return desk.Close(ctx, c.actor, t, closing)
	})
}

// emptyInput takes an act whose body says nothing: absent, or {}.
type emptyInput struct {
	ActInput
	Body *struct{} `nameHint:"Empty"`
}

func (a *API) reopen(ctx context.Context, c *caller, in *emptyInput) (*ticketOutput, error) {
	return a.do(ctx, c, &in.ActInput, nil, func(desk *ticketing.Desk, t ticketing.Target) (*ticketing.Ticket, error) {
		return desk.Reopen(ctx, c.actor, t)
	})
}

func (a *API) spam(ctx context.Context, c *caller, in *emptyInput) (*ticketOutput, error) {
	return a.do(ctx, c, &in.ActInput, nil, func(desk *ticketing.Desk, t ticketing.Target) (*ticketing.Ticket, error) {
		return desk.MarkSpam(ctx, c.actor, t)
	})
}

func (a *API) notSpam(ctx context.Context, c *caller, in *ActInput) (*ticketOutput, error) {
	return a.do(ctx, c, in, nil, func(desk *ticketing.Desk, t ticketing.Target) (*ticketing.Ticket, error) {
		return desk.MarkNotSpam(ctx, c.actor, t)
	})
}
