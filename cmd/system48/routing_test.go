package main

import (
	"net/smtp"
	"regexp"
	"strings"
	"testing"
	"time"
)

// send posts a mail as the citizen, through the office's own server.
func (i demoInfo) send(t *testing.T, subject, text string) {
	t.Helper()
	raw := strings.Join([]string{
		"From: Marko <marko@posta.example>", "To: s48@grad.example", "Subject: " + subject, "Message-ID: <" + strings.ReplaceAll(subject, " ", "-") + "@posta.example>",
		"Content-Type: text/plain; charset=utf-8", "", text, "",
	}, "\r\n")
	auth := smtp.PlainAuth("", "marko@posta.example", demoPassword, "127.0.0.1")
	if err := smtp.SendMail(i.SMTP, auth, "marko@posta.example", []string{"s48@grad.example"}, []byte(raw)); err != nil {
		t.Fatal(err)
	}
}

// TestMailIsRouted is the road of a mail under rules: an admin writes a rule on the pages; a mail in another script, through the
// real servers, arrives in the department with its priority and tag, its course
// names the rule, and the department's turn has given it to somebody.
func TestMailIsRouted(t *testing.T) {
	info := startDemo(t, "--stories", "3")
	admin := newVisitor(t, info.Web)
	admin.post("/sign-in", "/sign-in", "email", "marko@grad.example", "password", demoPassword)

	page := admin.get("/manage/departments")
	m := regexp.MustCompile(`href="(/manage/departments/(\d+))">[^<]*[Rr]asvjet`).FindStringSubmatch(page)
	if m == nil {
		t.Fatal("the sample city has no street lighting")
	}
	path, department := m[1], m[2]
	admin.post(path, path, "sharing", "rotate")
	admin.post("/manage/routing/new", "/manage/routing/new", "name", "Mrak u naselju", "keywords", "mrak*\nsvjetiljk*", "channels", "email",
		"department", department, "priority", "high", "tags", "bezbjednost", "enabled", "1", "do", "save")
	admin.until("/manage/routing", "Mrak u naselju", 5*time.Second)

	info.send(t, "Usmjeri me prvi put", "Поштовани, у нашој улици је мрак већ три ноћи.")
	queue := admin.until("/agent/v/all?sort=-received", "Usmjeri me prvi put", 20*time.Second)
	before, _, _ := strings.Cut(queue, "Usmjeri me prvi put")
	ref, _, _ := strings.Cut(before[strings.LastIndex(before, `data-ref="`)+len(`data-ref="`):], `"`)
	ticket := admin.get("/agent/t/" + ref)
	for _, want := range []string{"Odgovara pravilo „Mrak u naselju“", "bezbjednost", "(po redu)"} {
		if !strings.Contains(ticket, want) {
			t.Errorf("the ticket's page lacks %q", want)
		}
	}
	if !regexp.MustCompile(`Odgovara pravilo „Mrak u naselju“ – [^<]*[Rr]asvjet`).MatchString(ticket) {
		t.Error("the course does not say where the rule sent the ticket")
	}

	info.send(t, "Ništa posebno", "Dobar dan, imam pitanje.")
	queue = admin.until("/agent/v/all?sort=-received", "Ništa posebno", 20*time.Second)
	before, _, _ = strings.Cut(queue, "Ništa posebno")
	ref, _, _ = strings.Cut(before[strings.LastIndex(before, `data-ref="`)+len(`data-ref="`):], `"`)
	if strings.Contains(admin.get("/agent/t/"+ref), "Odgovara pravilo") {
		t.Error("a rule fitted a mail without its words")
	}
}
