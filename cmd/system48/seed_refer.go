package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
)

// sampleBodies are the companies of the state to which the sample city refers.
func sampleBodies() []ticketing.Body {
	names := func(sr, sq, en string) map[lang.Tag]string {
		return map[lang.Tag]string{lang.SrLatn: sr, lang.Sq: sq, lang.En: en}
	}
	return []ticketing.Body{
		{
			Code: "electricity", Names: names("Elektrodistribucija", "Shpërndarja e energjisë elektrike", "Electricity distribution"),
			Email: "pisarnica@elektrodistribucija.example", Domain: "elektrodistribucija.example", Pattern: `\d{2}-\d{2}-\d{3,6}/\d{2}`, AcceptHours: 10, AnswerHours: 72,
		},
		{
			Code: "regional-water", Names: names("Regionalni vodovod", "Ujësjellësi rajonal", "Regional waterworks"),
			Email: "arhiva@regionalnivodovod.example", Domain: "regionalnivodovod.example", AcceptHours: 10, AnswerHours: 72,
		},
	}
}

// tellReferral adds the bodies, the ready-made answers and one story that is with one of them. Its letters
// are left to be sent, so that who runs the demo can open the link in the mail.
func tellReferral(ctx context.Context, cfg Config, log *slog.Logger) (err error) {
	clock, now := &storyClock{}, time.Now()
	clock.set(now.Add(-3 * time.Hour))
	s, err := openSystemAt(ctx, cfg, log, clock.now)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	body, category, err := s.enterBodies(ctx)
	if err != nil {
		return err
	}
	if err := s.enterReady(ctx); err != nil {
		return err
	}
	ana, err := s.sampleActor(ctx, "ana@"+sampleCityDomain)
	if err != nil {
		return err
	}
	dragan, err := s.sampleActor(ctx, "dragan@"+sampleCityDomain)
	if err != nil {
		return err
	}
	desk := ticketing.Desk{Bureau: s.bureau}
	t, err := desk.Open(ctx, ana, ticketing.OpenInput{
		Channel: ticketing.ChannelPhone, Category: category, Language: lang.SrLatn, Priority: ticketing.PriorityNormal, Receipt: true, ReceivedAt: clock.now(),
		Name: "Jelena Vujošević", Email: "jelena@" + sampleMailDomain, Location: ticketing.Location{Address: "Ulica Vaka Đurovića 14"},
		Subject: "Kabl visi sa bandere", Text: "Ispred ulaza 14 kabl visi sa bandere skoro do trotoara. Rasvjeta radi, ali djeca tuda prolaze do škole. Molim da neko hitno dođe.",
	})
	if err != nil {
		return fmt.Errorf("open the referred story: %w", err)
	}
	clock.set(now)
	target := ticketing.Target{Ref: t.Ref}
	if _, err = desk.Assign(ctx, dragan, target, dragan.Agent); err != nil {
		return err
	}
	if err := s.askWater(ctx, dragan, target); err != nil {
		return err
	}
	_, err = desk.Refer(ctx, dragan, target, ticketing.ReferInput{
		Body: body, Tell: true, Consent: true, Reason: "Kabl i bandera pripadaju distributivnoj mreži, ne javnoj rasvjeti.",
	})
	return err
}

// askWater asks the waterworks about the story, so that their head finds a
// question.
func (s *system) askWater(ctx context.Context, by ticketing.Actor, target ticketing.Target) error {
	dir, err := s.db.Directory(ctx)
	if err != nil {
		return err
	}
	water, ok := dir.DepartmentByCode("water")
	if !ok {
		return errors.New("sample city has no department water")
	}
	desk := ticketing.Desk{Bureau: s.bureau}
	_, err = desk.Consult(ctx, by, target, water.ID, "Da li preko iste bandere ide i kabl za vašu crpnu stanicu?")
	return err
}

// enterBodies enters the bodies and what of a street light they may read. It
// gives the body of the story and its category.
func (s *system) enterBodies(ctx context.Context) (ticketing.BodyID, ticketing.CategoryID, error) {
	reg, bodies := ticketing.Registry{Bureau: s.bureau}, sampleBodies()
	for i := range bodies {
		if err := reg.SaveBody(ctx, cliActor, &bodies[i]); err != nil {
			return 0, 0, fmt.Errorf("enter %s: %w", bodies[i].Code, err)
		}
	}
	dir, err := s.freshDirectory(ctx)
	if err != nil {
		return 0, 0, err
	}
	c, ok := dir.CategoryByCode("street-light")
	if !ok {
		return 0, 0, errors.New("sample city has no category street-light")
	}
	c.Passes = ticketing.AllPassable()
	if err = reg.SaveCategory(ctx, cliActor, &c); err == nil {
		_, err = s.freshDirectory(ctx)
	}
	return bodies[0].ID, c.ID, err
}

// sampleActor gives a member of the sample city's staff.
func (s *system) sampleActor(ctx context.Context, address string) (ticketing.Actor, error) {
	dir, err := s.db.Directory(ctx)
	if err != nil {
		return ticketing.Actor{}, err
	}
	for _, a := range dir.Agents {
		if a.Email == address {
			return ticketing.ActorOf(a), nil
		}
	}
	return ticketing.Actor{}, fmt.Errorf("sample city has no agent %s", address)
}
