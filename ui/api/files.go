package api

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ui/web"
)

// An attachmentJSON is a file of a reply, note or new ticket: the bytes
// themselves, or an upload.
type attachmentJSON struct {
	Name        string  `json:"name,omitempty" maxLength:"255" doc:"as it is shown; only ever a label"`
	ContentType string  `json:"content_type,omitempty" maxLength:"255" doc:"a hint: what the bytes look like counts"`
	Content     *string `json:"content,omitempty" contentEncoding:"base64" doc:"the bytes in base64"`
	Upload      string  `json:"upload,omitempty" maxLength:"64" doc:"id of an upload for this ticket, instead of content"`
}

// keptFiles are the files of one request: ids in order, and those whose bytes
// came with it.
type keptFiles struct {
	ids  []string
	kept map[string]ticketing.Attachment
}

// keepFiles stores the bytes that came with a request. All are read before any
// is stored: one that is wrong refuses the whole request (A11).
func (a *API) keepFiles(ctx context.Context, attached []attachmentJSON) (keptFiles, error) {
	out := keptFiles{kept: map[string]ticketing.Attachment{}}
	contents := make([][]byte, len(attached))
	for i, f := range attached {
		field := "attachments[" + strconv.Itoa(i) + "]"
		if (f.Content == nil) == (f.Upload == "") {
			return out, unknown(field, "attachment.content")
		}
		if f.Content == nil {
			continue
		}
		b, err := base64.StdEncoding.DecodeString(*f.Content)
		if err != nil {
			return out, unknown(field+".content", "attachment.base64")
		}
		if len(b) == 0 {
			return out, unknown(field+".content", "reply.empty_file")
		}
		contents[i] = b
	}
	for i, f := range attached {
		if f.Upload != "" {
			out.ids = append(out.ids, f.Upload)
			continue
		}
		kept, err := a.keepFile(ctx, f.Name, f.ContentType, bytes.NewReader(contents[i]))
		if err != nil {
			return out, err
		}
		id := "request " + strconv.Itoa(i) // no upload has a space in its id
		out.ids, out.kept[id] = append(out.ids, id), kept
	}
	return out, nil
}

// keepFile stores bytes. The type is what the first of them look like.
func (a *API) keepFile(ctx context.Context, name, claimed string, r io.Reader) (ticketing.Attachment, error) {
	head := make([]byte, 512)
	n, err := io.ReadFull(r, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return ticketing.Attachment{}, err
	}
	if n == 0 {
		return ticketing.Attachment{}, unknown("body", "reply.empty_file")
	}
	key, size, err := a.Blobs.Put(ctx, io.MultiReader(bytes.NewReader(head[:n]), r), false)
	if err != nil {
		return ticketing.Attachment{}, err
	}
	return ticketing.Attachment{Key: key, Name: web.FileLabel(name), ContentType: web.SafeType(claimed, head[:n]), Size: size}, nil
}

// maxUploads bounds the files that wait for one reply or note.
const maxUploads = 20

type uploadInput struct {
	RefInput
	OnceInput
	Name        string `query:"name" required:"true" maxLength:"255" doc:"as it is shown"`
	For         string `query:"for" default:"reply" enum:"reply,note"`
	ContentType string `header:"Content-Type" maxLength:"255" doc:"a hint: what the bytes look like counts"`

	body io.Reader
}

// Resolve implements [huma.Resolver].
func (u *uploadInput) Resolve(c huma.Context) []error {
	u.body = c.BodyReader()
	return u.OnceInput.Resolve(c)
}

type uploadOutput struct{ Body uploadJSON }

// An uploadJSON is a file that waits for its reply or note.
type uploadJSON struct {
	ID          string `json:"id" doc:"to be named as upload in attachments"`
	Name        string `json:"name"`
	ContentType string `json:"content_type"`
	Size        int64  `json:"size" doc:"bytes"`
	SHA256      string `json:"sha256"`
}

// upload stores a file for a later reply or note. With a key the upload's id
// follows from it, so that repeating makes no second one.
func (a *API) upload(ctx context.Context, c *caller, in *uploadInput) (*uploadOutput, error) {
	kind := ticketing.DraftKind(in.For)
	if kind == ticketing.DraftReply && !c.actor.May(ticketing.RightReply) {
		return nil, &ticketing.Error{Kind: ticketing.Forbidden, Key: "access.forbidden", Args: map[string]any{"Right": string(ticketing.RightReply)}}
	}
	ref, err := a.ref(in.Ref)
	if err != nil {
		return nil, err
	}
	v, err := a.view(ctx, c, ref)
	if err != nil {
		return nil, err
	}
	if !c.actor.Scope().Sees(v.Ticket.Department) {
		return nil, &ticketing.Error{Kind: ticketing.Forbidden, Key: "access.handed_over"}
	}
	d, err := a.Reads.Draft(ctx, c.actor.Agent, v.Ticket.ID, kind)
	if err != nil && !errors.Is(err, ticketing.NotFound) {
		return nil, err
	}
	if len(d.Uploads) >= maxUploads {
		return nil, &ticketing.Error{Kind: ticketing.TooLarge, Key: "reply.too_many_files", Args: map[string]any{"Max": maxUploads}}
	}
	file, err := a.keepFile(ctx, in.Name, in.ContentType, in.body)
	if err != nil {
		return nil, err
	}
	u := ticketing.Upload{ID: rand.Text(), Agent: c.actor.Agent, Ticket: v.Ticket.ID, Kind: kind, File: file, At: a.now()}
	if u, err = a.addUpload(ctx, c, in, u); err != nil {
		return nil, err
	}
	return &uploadOutput{Body: uploadJSON{ID: u.ID, Name: u.File.Name, ContentType: u.File.ContentType, Size: u.File.Size, SHA256: u.File.Key}}, nil
}

func (a *API) addUpload(ctx context.Context, c *caller, in *uploadInput, u ticketing.Upload) (ticketing.Upload, error) {
	key, err := in.key(c, nil)
	if err != nil {
		return u, err
	}
	if key.Key != "" {
		u.ID = ticketing.HashSecret(key.Caller + " " + key.Key)[:40]
	}
	err = a.Reads.AddUpload(ctx, u)
	if key.Key == "" || !errors.Is(err, ticketing.Conflict) {
		return u, err
	}
	earlier, err := a.Reads.UploadOf(ctx, c.actor.Agent, u.ID)
	if err != nil {
		return u, err
	}
	if earlier.File.Key != u.File.Key || earlier.Ticket != u.Ticket || earlier.Kind != u.Kind {
		return u, unknown("Idempotency-Key", "once.differs")
	}
	return earlier, nil
}

type fileOutput struct{ Body func(huma.Context) }

type attachmentInput struct {
	ID int64 `path:"id" minimum:"1"`
}

// attachment hands out a file of a message in the caller's scope (A34).
func (a *API) attachment(ctx context.Context, c *caller, in *attachmentInput) (*fileOutput, error) {
	f, _, err := a.Reads.AttachmentOf(ctx, c.actor.Scope(), ticketing.AttachmentID(in.ID))
	if err != nil {
		return nil, err
	}
	return a.serve(ctx, web.File{Name: f.Name, Type: f.ContentType, Size: -1}, f.Key)
}

// registerFiles adds what answers with bytes.
func (a *API) registerFiles() {
	register(a, route{
		id: "get-attachment", method: http.MethodGet, path: "/attachments/{id}", right: ticketing.RightRead, file: "application/octet-stream",
		summary: "Download a file of a message", text: "Typed by what the bytes look like.",
	}, a.attachment)
	register(a, route{
		id: "get-raw-message", method: http.MethodGet, path: "/messages/{id}/raw", right: ticketing.RightRaw, file: "message/rfc822",
		summary: "Download the original of a mail", text: "Who took it is recorded.",
	}, a.rawMessage)
}
