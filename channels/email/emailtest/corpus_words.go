package emailtest

import (
	"fmt"
	"html"
	"math/rand/v2"
	"strings"
)

// A language's stock of phrases.
type phrases struct {
	first, last, topics, streets, greeting, sentences, closing []string
	quote                                                      string
}

func writerOf(script string) *phrases {
	switch script {
	case "cyrillic":
		return &cyrillicPhrases
	case "albanian":
		return &albanianPhrases
	case "english":
		return &englishPhrases
	}
	return &latinPhrases
}

// person names the k-th sender; the address is plain ASCII.
func person(k int, w *phrases) (name, address string) {
	first, last := w.first[k%len(w.first)], w.last[k/len(w.first)%len(w.last)]
	domains := []string{"mejl.example", "posta.example", "tcom.example", "student.example", "firma.example"}
	return first + " " + last, fmt.Sprintf("gradjanin%04d@%s", k, domains[k%len(domains)])
}

// letter writes a text of a few paragraphs, sometimes with the mail it answers.
func (w *phrases) letter(r *rand.Rand, topic, address, name string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n%s: %s.\n\n", w.greeting[r.IntN(len(w.greeting))], topic, address)
	paragraphs := 2 + r.IntN(4)
	if r.IntN(5) == 0 {
		paragraphs += 10
	}
	for range paragraphs {
		for range 2 + r.IntN(6) {
			b.WriteString(w.sentences[r.IntN(len(w.sentences))])
			b.WriteByte(' ')
		}
		b.WriteString("\n\n")
	}
	fmt.Fprintf(&b, "%s\n%s\n", w.closing[r.IntN(len(w.closing))], name)
	if r.IntN(4) == 0 {
		fmt.Fprintf(&b, "\n%s\n", w.quote)
		for range 3 + r.IntN(10) {
			fmt.Fprintf(&b, "> %s\n", w.sentences[r.IntN(len(w.sentences))])
		}
	}
	return b.String()
}

// htmlOf dresses a text as the mail programs of offices do.
func htmlOf(text string) string {
	var b strings.Builder
	b.WriteString("<html><head><style>p.MsoNormal{margin:0cm;font-size:11.0pt;font-family:\"Calibri\",sans-serif}\n" +
		strings.Repeat("span.EmailStyle17{mso-style-type:personal-compose;color:windowtext}\n", 12) +
		"</style></head><body lang=\"SR-LATN-ME\" link=\"#0563C1\">\n")
	for line := range strings.SplitSeq(text, "\n") {
		fmt.Fprintf(&b, "<p class=\"MsoNormal\" style=\"margin-bottom:8.0pt\"><span style=\"color:#1f497d\">%s</span></p>\n", html.EscapeString(line))
	}
	b.WriteString("</body></html>\n")
	return b.String()
}

var latinPhrases = phrases{
	first:    []string{"Ana", "Marko", "Željko", "Đorđe", "Šćepan", "Milica", "Jelena", "Petar", "Čedomir", "Vesna", "Luka", "Ivana"},
	last:     []string{"Perović", "Đukanović", "Šćekić", "Žižić", "Vujošević", "Radulović", "Čađenović", "Popović", "Knežević", "Marović", "Ćetković"},
	topics:   []string{"Ne gori ulična rasvjeta", "Rupa na putu", "Prepuni kontejneri", "Nema vode", "Nelegalna gradnja", "Šaht bez poklopca", "Buka noću", "Pas lutalica", "Đubre kod škole", "Žalba na račun"},
	streets:  []string{"Njegoševa ulica", "Ulica slobode", "Bulevar Džordža Vašingtona", "Ulica Vasa Raičkovića", "Zagorič", "Stari aerodrom", "Ulica Đoka Miraševića", "Konik"},
	greeting: []string{"Poštovani,", "Dobar dan,", "Pozdrav,", "Uvaženi,"},
	sentences: []string{
		"Već nedjelju dana niko nije došao da pogleda šta se dešava.", "Djeca prolaze tuda svakog jutra i plašim se da će se neko povrijediti.",
		"Zvali smo više puta, ali nijesmo dobili odgovor.", "Molim vas da to riješite što prije.", "Komšije se takođe žale na isti problem.",
		"Noću je potpuni mrak i ništa se ne vidi.", "Prošle godine je bilo isto, pa je popravljeno tek poslije mjesec dana.",
		"U prilogu šaljem fotografiju da vidite o čemu se radi.", "Račun uredno plaćamo, a uslugu nemamo.", "Očekujem odgovor u roku od četrdeset osam časova.",
		"Voda je žuta i ima neprijatan miris.", "Čini mi se da je cijev pukla na više mjesta.",
	},
	closing: []string{"S poštovanjem,", "Hvala unaprijed,", "Srdačan pozdrav,"},
	quote:   "Dana 1.2.2026. u 10:15, Sistem 48 <sistem48@demo.example> je napisao/la:",
}

var cyrillicPhrases = phrases{
	first:    []string{"Ана", "Марко", "Жељко", "Ђорђе", "Шћепан", "Милица", "Јелена", "Петар", "Чедомир", "Весна", "Лука", "Ивана"},
	last:     []string{"Перовић", "Ђукановић", "Шћекић", "Жижић", "Вујошевић", "Радуловић", "Чађеновић", "Поповић", "Кнежевић", "Маровић", "Ћетковић"},
	topics:   []string{"Не гори улична расвјета", "Рупа на путу", "Препуни контејнери", "Нема воде", "Нелегална градња", "Шахт без поклопца", "Бука ноћу", "Пас луталица"},
	streets:  []string{"Његошева улица", "Улица слободе", "Булевар Џорџа Вашингтона", "Загорич", "Стари аеродром", "Улица Ђока Мирашевића", "Коник"},
	greeting: []string{"Поштовани,", "Добар дан,", "Поздрав,"},
	sentences: []string{
		"Већ недјељу дана нико није дошао да погледа шта се дешава.", "Дјеца пролазе туда сваког јутра и плашим се да ће се неко повриједити.",
		"Звали смо више пута, али нијесмо добили одговор.", "Молим вас да то ријешите што прије.", "Комшије се такође жале на исти проблем.",
		"Ноћу је потпуни мрак и ништа се не види.", "У прилогу шаљем фотографију да видите о чему се ради.", "Вода је жута и има непријатан мирис.",
	},
	closing: []string{"С поштовањем,", "Хвала унапријед,"},
	quote:   "Дана 1.2.2026. у 10:15, Систем 48 <sistem48@demo.example> је написао/ла:",
}

var albanianPhrases = phrases{
	first:    []string{"Arben", "Drita", "Luljeta", "Besnik", "Vjollca", "Fatmir", "Mirjeta", "Gëzim", "Zef", "Çelik"},
	last:     []string{"Camaj", "Gjokaj", "Lulgjuraj", "Nikaj", "Hoxhaj", "Dushaj", "Përvizi", "Dëshira"},
	topics:   []string{"Nuk ka ujë", "Ndriçimi publik nuk punon", "Gropë në rrugë", "Mbeturinat nuk largohen", "Zhurmë natën", "Ndërtim pa leje"},
	streets:  []string{"Rruga e Tuzit", "Rruga Skënderbeu", "Lagjja e Re", "Rruga Malësia"},
	greeting: []string{"Përshëndetje,", "I nderuar,", "Mirëdita,"},
	sentences: []string{
		"Prej një jave askush nuk ka ardhur të shikojë çfarë po ndodh.", "Fëmijët kalojnë aty çdo mëngjes dhe kam frikë se dikush do të lëndohet.",
		"Kemi telefonuar disa herë, por nuk kemi marrë përgjigje.", "Ju lutem ta zgjidhni sa më shpejt.", "Edhe fqinjët ankohen për të njëjtin problem.",
		"Natën është errësirë e plotë dhe nuk shihet asgjë.", "Uji është i verdhë dhe ka erë të keqe.",
	},
	closing: []string{"Me respekt,", "Faleminderit paraprakisht,"},
	quote:   "Më 1 shkurt 2026 ora 10:15 Sistemi 48 <sistem48@demo.example> shkroi:",
}

var englishPhrases = phrases{
	first:    []string{"John", "Emma", "Oliver", "Sophie", "Liam", "Grace", "Noah", "Ella"},
	last:     []string{"Smith", "Brown", "Taylor", "Wilson", "Evans", "Walker", "Hughes"},
	topics:   []string{"Street light not working", "Pothole", "Overflowing bins", "No water", "Noise at night", "Missing manhole cover"},
	streets:  []string{"Old Town square", "Riverside walk", "Harbour road", "Station street"},
	greeting: []string{"Hello,", "Dear Sir or Madam,", "Good morning,"},
	sentences: []string{
		"Nobody has come to look at it for a week.", "Children walk there every morning and I am afraid somebody will get hurt.",
		"We called several times and got no answer.", "Please solve this as soon as possible.", "The neighbours complain about the same problem.",
		"It is completely dark at night.", "I attach a photo so that you can see what I mean.",
	},
	closing: []string{"Kind regards,", "Thank you,"},
	quote:   "On Sun, Feb 1, 2026 at 10:15 AM System 48 <sistem48@demo.example> wrote:",
}
