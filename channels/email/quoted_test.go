package email

import (
	"strings"
	"testing"
)

// A17: everything after the mark | is history; a text without it is not folded.
func TestA17FoldAt(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, text string }{
		{"gmail sr-Latn", "Hvala, riješeno je.\n\n|pon, 2. feb 2026. u 10:00 Sistem 48 <s48@pg.me> je napisao/la:\n\n> Poštovani,\n> vaš predmet je riješen.\n"},
		{"gmail sr-Cyrl", "Хвала.\n\n|пон, 2. феб 2026. у 10:00 Систем 48 <s48@pg.me>\nје написао/ла:\n\n> Поштовани,\n"},
		{"gmail en", "Thanks!\n\n|On Mon, Feb 2, 2026 at 10:00 AM System 48 <s48@pg.me> wrote:\n\n> Dear citizen\n>\n> text\n"},
		{"gmail en folded in three", "Thanks!\n\n|On Mon, Feb 2, 2026 at 10:00 AM\nSystem 48 of the Capital City\n<s48@pg.me> wrote:\n> Dear citizen\n"},
		{"albanian", "Faleminderit.\n\n|Më 2 shkurt 2026 ora 10:00 Sistemi 48 <s48@pg.me> shkroi:\n\n> I nderuar\n"},
		{"thunderbird sr", "Još uvijek nema vode.\n\n|Dana 2.2.2026. u 10:00, Sistem 48 je napisao/la:\n> Poštovani\n"},
		{"thunderbird ijekavian verb", "I dalje ne gori.\n\n|02.02.2026. u 10:00, Sistem 48 piše:\n> Poštovani\n"},
		{"outlook sr", "Nije riješeno.\n\n|________________________________\nOd: Sistem 48 <s48@pg.me>\nPoslato: ponedjeljak, 2. februar 2026. 10:00\nZa: Pero Perić\nPredmet: S48-26-000123-4\n\nPoštovani, ...\n"},
		{"outlook sr without rule", "Nije riješeno.\n\n|Šalje: Sistem 48\nDatum: 2.2.2026.\nPrima: Pero\nPredmet: rupa\n\nPoštovani\n"},
		{"outlook cyrillic", "Није.\n\n|Од: Систем 48\nПослато: 2.2.2026.\nЗа: Перо\nПредмет: рупа\n\nПоштовани\n"},
		{"outlook en bold from HTML", "Still dark.\n\n|*From:* System 48 <s48@pg.me>\n*Sent:* Monday, 2 February 2026\n*To:* Ana\n*Subject:* S48\n\nDear\n"},
		{"outlook albanian", "Ende nuk ka ujë.\n\n|Nga: Sistemi 48\nDërguar: 2.2.2026\nPër: Ana\nSubjekti: uji\n\nI nderuar\n"},
		{"original message sr", "Ne radi.\n\n|-----Originalna poruka-----\nPoštovani\n"},
		{"original message cyrillic", "Не ради.\n|---- Оригинална порука ----\nПоштовани\n"},
		{"original message en", "No.\n|-----Original Message-----\nFrom: x\n"},
		{"original message sq", "Jo.\n|---- Mesazhi origjinal ----\nx\n"},
		{"trailing quote only", "Molim odgovor.\n\n|> Poštovani,\n> vaš predmet\n>> stariji\n"},
		{"trailing quote and signature", "Molim odgovor.\n\n|> Poštovani\n\n-- \nPero\n"},
		{"german", "Danke.\n|Am 02.02.2026 um 10:00 schrieb Sistem 48 <s48@pg.me>:\n> x\n"},
		{"french", "Merci.\n|Le lun. 2 févr. 2026 à 10:00, Sistem 48 <s48@pg.me> a écrit :\n> x\n"},
		{"italian", "Grazie.\n|Il giorno lun 2 feb 2026 alle ore 10:00 Sistem 48 <s48@pg.me> ha scritto:\n> x\n"},
		{"russian", "Спасибо.\n|пн, 2 февр. 2026 г. в 10:00, Sistem 48 <s48@pg.me>:\n> x\n"},
		{"intro without marks (mobile)", "OK\n|On Mon, Feb 2, 2026, 10:00 System 48 <s48@pg.me> wrote:\nDear citizen\nyour case\n"},

		{"no history", "Dobar dan,\nna mojoj ulici ne gori svjetlo.\nHvala"},
		{"only history is not folded", "> Poštovani\n> vaš predmet\n"},
		{"only intro and history is not folded", "On Mon, Feb 2, 2026 at 10:00 AM System 48 <s48@pg.me> wrote:\n> Dear\n"},
		{"answers between the lines", "On Mon, Feb 2, 2026 System 48 <s48@pg.me> wrote:\n> Which street?\nNjegoševa\n> Which number?\n12\n"},
		{"answer below", "Dana 2.2.2026. u 10:00, Sistem 48 je napisao/la:\n> Koja ulica?\n\nNjegoševa 12, kod škole, treća bandera.\n"},
		{"forwarded is not history", "Vidite dolje.\n\n---------- Forwarded message ---------\nsadržaj\n"},
		{"a list with colon", "Problemi u ulici su sljedeći, od 12.3.2026:\n1. rupe\n2. svjetlo\n"},
		{"a sentence with wrote", "Već sam vam pisao:\nnema odgovora\n"},
		{"From in a sentence", "Od: škole do pošte nema trotoara\nDruga stvar\n"},
		{"somebody is cited", "Dana 12.3.2026. inspektor je napisao:\n\"Sve je u redu\"\nAli nije!\n"},
		{"a signature", "Hvala\n-- \nPero Perić\nUlica 5\n"},
		{"dashes", "Prvo\n----------\nDrugo\n"},
		{"rule in a text", "Prvo\n______________________\nDrugo\n"},
		{"empty", ""},
		{"blank", "\n\n"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			want := strings.IndexByte(tc.text, '|')
			text := strings.Replace(tc.text, "|", "", 1)
			if want < 0 {
				want = len(text)
			}
			if got := foldAt(text); got != want {
				t.Errorf("folded at %d, want %d:\n%s|%s", got, want, text[:got], text[got:])
			}
		})
	}
}

// A17: the history of answers that are HTML only is found in their text.
func TestA17FoldHTML(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"gmail": `<div dir="ltr">Još nema vode.<br></div><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">пон, 2. феб 2026. у 10:00 Sistem 48 &lt;<a href="mailto:s48@pg.me">s48@pg.me</a>&gt; је написао/ла:<br></div>` +
			`<blockquote class="gmail_quote" style="margin:0"><div>Poštovani,<br>primljeno je.</div></blockquote></div>`,
		"outlook": `<div><p>Još nema vode.</p></div><hr><div id="divRplyFwdMsg"><font face="Calibri"><b>From:</b> Sistem 48 &lt;s48@pg.me&gt;<br><b>Sent:</b> Monday<br><b>To:</b> Pero<br><b>Subject:</b> S48</font></div><div><p>Primljeno je.</p></div>`,
		"apple":   `<html><body>Još nema vode.<br><div><blockquote type="cite"><div>On 2 Feb 2026, at 10:00, Sistem 48 &lt;s48@pg.me&gt; wrote:</div><br><div>primljeno je.</div></blockquote></div></body></html>`,
	}
	for name, page := range tests {
		in, _ := parse(t, "From: a@b.me\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"+page+"\r\n")
		if got := strings.TrimSpace(in.Text[:in.FoldAt]); got != "Još nema vode." {
			t.Errorf("%s: shown %q of %q", name, got, in.Text)
		}
	}
}

func FuzzQuoted(f *testing.F) {
	f.Add("Hvala\n\nDana 2.2.2026. u 10:00, Sistem 48 je napisao/la:\n> x\n")
	f.Add("x\n-----Original Message-----\n")
	f.Add("x\n____________\nOd: a\nZa: b\nPredmet: c\n")
	f.Fuzz(func(t *testing.T, s string) {
		at := foldAt(s)
		if at < 0 || at > len(s) {
			t.Fatalf("foldAt = %d of %d", at, len(s))
		}
		if at < len(s) && strings.TrimSpace(s[:at]) == "" {
			t.Errorf("everything folded at %d of %q", at, s)
		}
	})
}
