package lang

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxDetect bounds how much of a text Detect looks at, in bytes.
const maxDetect = 16 * 1024

// Detect guesses the language a citizen writes in: the script first, then
// common words and the letters that only one of the languages has. It reports
// whether the guess is sure; where it is not, the city's default is as good.
// It looks at the beginning of the text only; quoted replies should be cut
// before. A text in none of the languages is not sure.
func Detect(text string) (Tag, bool) {
	if len(text) > maxDetect {
		text = text[:maxDetect]
	}
	l := countLetters(text)
	if l.cyrillic > 0 && l.cyrillic >= l.latin {
		return SrCyrl, l.cyrillic >= 3 && l.russian*25 < l.cyrillic
	}
	score := map[Tag]float64{SrLatn: min(l.montenegrin, 8), Sq: min(l.albanian, 8)}
	for _, w := range strings.Fields(Fold(text)) {
		for _, tag := range wordsOf[w] {
			score[tag] += wordWeight(w)
		}
	}
	best, second := SrLatn, 0.0
	for _, tag := range []Tag{Sq, En} {
		if score[tag] > score[best] {
			best = tag
		}
	}
	for _, tag := range []Tag{SrLatn, Sq, En} {
		if tag != best {
			second = max(second, score[tag])
		}
	}
	return best, score[best] >= 2 && score[best] >= 1.6*second
}

type letterCount struct {
	latin, cyrillic, russian int
	montenegrin, albanian    float64 // weight of letters of their own
}

func countLetters(text string) letterCount {
	var l letterCount
	for _, r := range text {
		switch {
		case r < utf8.RuneSelf:
			if asciiLetter(byte(r)) { //nolint:gosec // below RuneSelf
				l.latin++
			}
		case unicode.Is(unicode.Cyrillic, r):
			l.cyrillic++
			if strings.ContainsRune("ыэщъёюяйьЫЭЩЪЁЮЯЙЬіїєІЇЄ", r) {
				l.russian++
			}
		case unicode.IsLetter(r):
			l.latin++
			switch unicode.ToLower(r) {
			case 'č', 'ć', 'š', 'ž', 'đ', 'ś', 'ź':
				l.montenegrin++
			case 'ë':
				l.albanian++
			case 'ç':
				l.albanian += 0.5
			}
		}
	}
	return l
}

// wordWeight trusts words of one letter less.
func wordWeight(w string) float64 {
	if len(w) == 1 {
		return 0.5
	}
	return 1
}

// wordsOf says which languages commonly use a word, folded. Words of several
// languages stand in each, so that they decide nothing.
var wordsOf = indexWords(map[Tag]string{
	SrLatn: `i u a je su sam smo ste si nije nisu nismo nisam ne na od do za sa iz po kod pri bez ili ali jer ako kad kada gdje gde kako
		sta sto koji koja koje koju kojoj kojem to taj ta ovaj ova ovo ove ovoj ovom onaj tamo ovdje se me mi vi vas vam nam mu joj ga
		ih im moj moja moje mojoj nas nasa nase nasoj nasem vasa vase vec jos samo biti bi bih bio bila bilo bude budu ima imam imamo
		imate nema nemam nemamo moze mogu mozete molim molimo hvala zahvaljujem postovani postovana postovanje dobar dobro dan vece
		jutro zdravo cao pozdrav ulica ulici ulice ulicu zgrada zgrade zgradi zgradu broj broju vode vodu voda struja struje struju
		kanalizacija rasvjeta rasvjete rasvjetu sijalica svjetlo put puta putu putevi rupa rupe rupu smece smeca kontejner kontejneri
		psi psa lutalice opstina opstine opstini grad grada gradu prijava prijavu prijavljujem prijaviti dana danas juce sutra sjutra
		nedjelja nedjelje mjesec mjeseca godina godine ispred pored iznad ispod iza kroz preko nakon poslije prije vrijeme hitno
		odgovor odgovorite zahtjev rjesenje rijesite komunalno vodovod zasto trebalo treba zbog tokom oko dva tri nikad nikako uvijek
		opet ponovo neko niko nesto nista sve svi vise manje ljudi djeca deca djece skola vrtic stan stana kuca kuce komsija saobracaj`,
	Sq: `dhe ne te per nuk eshte jane kam ka kemi keni kane me se nje nga i e ju u lutem faleminderit flm pershendetje tungjatjeta mire
		mirembrema miredita rruga rruges rrugen rrugeve uji ujit uje drita dritat drite ndricimi komuna komunes kanalizimi mbeturina
		mbeturinat mbeturinave qe cka cfare kur ku si pa deri tek te prane shtepi shtepia shtepise lagje lagja lagjja lagjes jemi jam
		ishte do shume sot dje neser dite dit ditesh muaj vit pse por ose edhe ende asnje mua tone tona juaj jush kerkese kerkoj leje
		lejen informacione banor banoret qyteti qytetit gropa grope problem problemi ndertese ndertesa ndertesen shkolla
		femijet ka nuk mund duhet duhen kemi asgje gjithe cdo vetem tani pastaj para pas mbi nen brenda jashte dikush askush parkim
		parkimi parkimit na ketu aty kjo ky keto keta ai ajo ata ato im ime tij saj tyre pasi sepse nese ja po jo`,
	En: `the and is are was were to of in on for with not no have has had been this that these there here please thank thanks street
		road light lights water hole pothole garbage trash rubbish my our your we you i it they he she from by at since day days week
		weeks month dear hello hi regards could would can cannot will should do does did when where what why how who which but or if
		because about after before near next front behind between still again very every any some all one two three me us him her
		a an as be so than then too also just only problem broken working report want need know see city bus stop building house
		children school dog dogs noise license permit application office`,
})

func indexWords(lists map[Tag]string) map[string][]Tag {
	index := map[string][]Tag{}
	for tag, list := range lists {
		seen := map[string]bool{}
		for _, w := range strings.Fields(list) {
			if !seen[w] {
				seen[w] = true
				index[w] = append(index[w], tag)
			}
		}
	}
	return index
}
