package main

import (
	"context"
	"fmt"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
)

// sampleTemplates are the ready-made answers of the sample city, by the code of
// the department they are for.
func sampleTemplates() map[string][]ticketing.Template {
	texts := func(sr, sq, en string) map[lang.Tag]string {
		return map[lang.Tag]string{lang.SrLatn: sr, lang.Sq: sq, lang.En: en}
	}
	return map[string][]ticketing.Template{
		"": {
			{Name: "Traži se tačno mjesto", Texts: texts(
				"Poštovani,\n\nda bismo Vam pomogli, molimo Vas da nam javite tačnu adresu ili najbliži kućni broj, a ako možete i fotografiju.\n\nDovoljno je da odgovorite na ovu poruku.",
				"I nderuar,\n\nqë t'ju ndihmojmë, ju lutemi na tregoni adresën e saktë ose numrin më të afërt të shtëpisë, e nëse mundeni edhe një fotografi.\n\nMjafton t'i përgjigjeni këtij mesazhi.", //nolint:misspell // Albanian
				"Dear Sir or Madam,\n\nto help you, please tell us the exact address or the nearest house number, and send a photo if you can.\n\nA reply to this message is enough.",
			)},
			{Name: "Predmet je kod nadležne službe", Texts: texts(
				"Poštovani,\n\nVaš predmet {ref} je u radu.\n{?department}Kod koga je: {department}.\n{?due}Odgovor dobijate najkasnije do {due}.\n\nStanje možete pratiti na {tracking_url} (kod {tracking_code}).",
				"I nderuar,\n\nlënda juaj {ref} po shqyrtohet.\n{?department}E ka: {department}.\n{?due}Përgjigjen e merrni më së voni deri {due}.\n\nGjendjen mund ta ndiqni në {tracking_url} (kodi {tracking_code}).",
				"Dear Sir or Madam,\n\nyour request {ref} is being worked on.\n{?department}It is with: {department}.\n{?due}You will be answered by {due} at the latest.\n\nYou can follow it at {tracking_url} (code {tracking_code}).",
			)},
			{Name: "Nije u nadležnosti grada", Texts: texts(
				"Poštovani,\n\nono o čemu pišete nije u nadležnosti grada. Obratite se organu koji o tome odlučuje; ako želite, uputićemo Vas kome.\n\nHvala Vam što ste se javili.",
				"I nderuar,\n\nçështja për të cilën shkruani nuk është në kompetencën e qytetit. Drejtohuni organit që vendos për të; nëse dëshironi, ju tregojmë cilit.\n\nFaleminderit që na shkruat.",
				"Dear Sir or Madam,\n\nthe city is not competent for what you write about. Please turn to the body that decides on it; we will gladly tell you which.\n\nThank you for writing.",
			)},
		},
		"roads": {{Name: "Rupa je zakrpljena", Texts: texts(
			"Poštovani,\n\n{?place}rupa na mjestu {place} je danas zakrpljena.\n{!place}rupa je danas zakrpljena.\nAko se asfalt opet slegne, odgovorite na ovu poruku i predmet otvaramo ponovo.",
			"I nderuar,\n\ngropa u mbush sot. Nëse asfalti fundoset sërish, përgjigjuni këtij mesazhi dhe e rihapim lëndën.",
			"Dear Sir or Madam,\n\nthe pothole was filled today. Should the asphalt sink again, reply to this message and we reopen the request.",
		)}},
		"lighting": {{Name: "Svjetiljka je zamijenjena", Texts: texts(
			"Poštovani,\n\nsvjetiljka je zamijenjena i radi. Ako se ugasi, odgovorite na ovu poruku.",
			"I nderuar,\n\nllamba u ndërrua dhe punon. Nëse shuhet, përgjigjuni këtij mesazhi.",
			"Dear Sir or Madam,\n\nthe lamp was replaced and works. Should it go out, reply to this message.",
		)}},
	}
}

// enterReady enters the ready-made answers.
func (s *system) enterReady(ctx context.Context) error {
	dir, err := s.freshDirectory(ctx)
	if err != nil {
		return err
	}
	reg := ticketing.Registry{Bureau: s.bureau}
	for code, list := range sampleTemplates() {
		d, ok := dir.DepartmentByCode(code)
		if code != "" && !ok {
			return fmt.Errorf("sample city has no department %s", code)
		}
		for _, x := range list {
			x.Department = d.ID
			if err := reg.SaveTemplate(ctx, cliActor, &x); err != nil {
				return fmt.Errorf("enter the answer %q: %w", x.Name, err)
			}
		}
	}
	return nil
}
