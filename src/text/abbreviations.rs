//! What ends in a full stop without ending a sentence.
//!
//! Unicode's rules know no abbreviations, and the data of ICU4X carries none of CLDR's lists of suppressions (`icu_segmenter_data` 2.4 has
//! break tables alone), so the lists are here: of languages written in Latin, Cyrillic and Greek letters, by what may follow.

use super::language::starts_sentences;

/// What a word with its full stop says of the sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Abbreviation {
    /// The sentence goes on.
    GoesOn,
    /// It goes on where a number follows.
    BeforeNumber,
    /// It goes on unless a word follows that begins sentences.
    MayEnd,
    /// It ends before a capital letter.
    MostlyEnds,
}

/// Titles and ranks before a name; written with a capital, but in text that has none.
const TITLES: &str = "Mr Mrs Ms Mx Dr Drs Prof Assoc Asst Rev Revd Fr Msgr Gen Maj Col Capt Cpt Cmdr Comdr Cdr Lt Sgt Cpl Pvt Pfc Adm Brig Insp Det Supt Hon Gov \
    Sen Rep Pres Amb Sec Messrs Messr Mssrs Mme Mmes Mlle Mlles MM Mgr Dott Dottssa Profssa Sig Sigg Sigra Signa Avv Ing Geom Sra Sras Srta \
    Srtas Sres Dra Dña Lic Gral Cía Exmo Exma Ilmo Ilma Eng Dhr Mevr Mej Ir Mw Hr Hrn Frl Dipl Mag Habil Priv Univ Hptm Oblt Obst Fa EE Fam \
    Fru Frk Kand Mudr Bc Judr Phdr Inż Płk Kpt Por Hab Ks Św Пр Проф Акад Ген Г-н Г-жа Им Тов Κα Κος Δρ Dipl-Ing Dr-Ing";

/// What is never the last word of a sentence, whatever its case.
const WITHIN: &str = "ul dott dott.ssa sig sig.ra sig.na avv prof dr drs ing mevr dhr mej mgr bc judr phdr mudr inż lek hab św płk kpt sv fr.o.m e.g eg i.e ie \
    cf viz vs v.s approx esp incl resp ca circa i.a a.k.a q.v w.r.t s.t abbr orig transl z.b d.h u.a u.u m.e s.o s.u vgl bzw bzgl ggf evtl \
    insb insbes inkl exkl zzgl einschl sog dgl.mehr vorm nachm zw ugs eigtl geb gest verh hrsg d.i o.g s.g u.dgl p.ej v.gr p.ex par.ex c.-à-d \
    c-à-d càd env vx anc av bibl d.w.z bijv bv m.b.t o.a d.m.v m.a.w i.p.v t.o.v i.v.m t.a.v ad.es p.es cfr t.ex bl.a d.v.s dvs s.k f.eks \
    m.h.t ift vedr jf jfr ang forts kl np tzn tj tzw m.in wg ur tys např tzv popř příp atd.a apod.a čes srov t.j n.l napr pl ún kb azaz tkp \
    npr odn t.i nt nn lk v.d mm.kaut esim ns ts т.е т.к т.н т.о напр см ср т.д.и л.с ул пл просп корп π.χ βλ δηλ";

/// What stands before a number.
const NUMBERED: &str = "no nos nr nrs num núm nº n.º p pp pg pgs s ss f ff vol vols ch chs chap chaps sec secs sect fig figs tab eq eqs art arts cl par para paras \
    pt pts ver v vv vs ex ref refs op bk ln ll col cols lat tel ext apt rm ste fl bd bde kap kapp abb abs ziff anm aufl jg jh jhdt lfd rn rz \
    hs bl tl st str č čís čl odst obr roč ods nro n cap capp pag pagg fasc tav tt pág págs caps lám tít t tr wyd ust poz rys rozdz ryc zob № \
    гл рис табл п пп ст стр с кв д оф тел jan feb mar apr jun jul aug sep sept oct nov dec okt dez mär jän janv févr fév avr juil août déc ene \
    abr dic giu lug ott fev mrt mei febr lut kwi cze sie wrz paź gru янв фев мар апр авг сент окт нояб дек";

/// Days of the week, before a month or a number.
const DAYS: &str = "Mon Tue Tues Wed Thu Thur Thurs Fri Sat Sun Mo Di Mi Do Fr Sa So";

/// What belongs to what is before it, and may end a sentence.
const BEHIND: &str = "Inc Ltd Corp Co Cos Bros LLC Llp Plc Cie GmbH Pty Jr Sr Jnr Snr Esq St Ste Mt Mts Ft Pt Ave Av Blvd Rd Ln Ct Pl Sq Hwy Pkwy Bldg Dept Univ \
    Inst Assn Intl Natl Govt Mfg Str Straße Tel Abt Ges Verw Bhf Hbf Wwe jun sen Ph.D M.D B.A M.A B.Sc M.Sc LL.B LL.D D.Phil M.B.A R.N e.V e.G \
    i.R a.D h.c S.p.A S.r.l S.A S.L C.V A/S a.s s.r.o sp.z.o.o z.o.o U.S.A U.S U.K U.N E.U D.C N.Y L.A B.C A.D B.C.E C.E n.Chr v.Chr J.-C \
    av.J.-C d.C a.C EE.UU al et.al Ud Uds Vd Vds Conn Calif Ariz Colo Fla Ind Ky Md Mich Minn Neb Nev Okla Tenn Tex Va Vt Wis Wyo Kan Dak";

/// What more often than not is the last word where a capital follows.
const LAST: &str = "etc a.m p.m am pm usw u.s.w u.ä u.a.m u.v.m o.ä u.dgl.m dgl etcétera ecc enz e.d osv m.fl m.m o.s.v itd itp atd apod aj atp stb jne ym \
    и.т.д и.т.п т.д т.п и.др др ibid ib op.cit loc.cit q.e.d r.i.p hrs min mins kg km cm mm lb lbs oz ft yr yrs mo mos";

/// What may stand between a time of day and the end of its sentence.
const AFTER_TIME: &str = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday EST EDT CST CDT MST MDT PST PDT ET CT MT PT GMT UTC BST CET CEST Eastern Central \
    Pacific Mountain";

/// Judges the word that a full stop stands behind; `small`: whether the text is written without capitals.
pub(super) fn judge(stem: &str, small: bool) -> Option<Abbreviation> {
    let lower = stem.to_lowercase();
    // German names of streets: "in der Goethestr. 5".
    if lower.len() > 5 && lower.ends_with("str") {
        return Some(Abbreviation::BeforeNumber);
    }
    let cased = |list: &str| {
        holds(list, |word| if small { word.to_lowercase() == lower } else { word == stem || shouted(word, stem) })
    };
    // The case of these says nothing: they stand at the beginning of a sentence too.
    let any = |list: &str| holds(list, |word| word == lower);
    if any(WITHIN) || cased(TITLES) {
        // Too short in small letters to be told from words.
        let word = !small && lower == stem && stem == "fr";
        return (!word).then_some(Abbreviation::GoesOn);
    }
    if !small && cased(DAYS) || any(NUMBERED) && !cased(BEHIND) {
        return Some(Abbreviation::BeforeNumber);
    }
    if any(LAST) {
        return Some(Abbreviation::MostlyEnds);
    }
    let initials = stem.contains('.') && stem.split('.').all(|part| part.chars().count() <= 1 || part.contains('-'));
    (initials || cased(BEHIND)).then_some(Abbreviation::MayEnd)
}

/// Whether the sentence goes on behind an abbreviation, with these words.
pub(super) fn goes_on(kind: Abbreviation, stem: &str, next: &str) -> bool {
    let mut words = next.split_whitespace();
    let first = words.next().unwrap_or_default();
    let bare = first.trim_matches(|letter: char| !letter.is_alphanumeric());
    let number =
        || bare.starts_with(|letter: char| letter.is_numeric()) || first.starts_with(['§', '#', '№']) || is_roman(bare);
    let begins = || starts_sentences(bare) && !is_initial(first);
    let connects = || {
        matches!(bare, "and" | "or" | "but" | "und" | "oder" | "aber" | "et" | "y" | "e" | "en" | "och" | "og" | "i")
    };
    match kind {
        Abbreviation::GoesOn => true,
        Abbreviation::BeforeNumber => number() || dated(stem, bare),
        Abbreviation::MayEnd => connects() || !begins(),
        Abbreviation::MostlyEnds => connects() || number() || holds(AFTER_TIME, |word| word == bare),
    }
}

/// A day of the week before a month: `Sun. Jan. 5`.
fn dated(stem: &str, next: &str) -> bool {
    holds(DAYS, |day| day == stem) && holds(NUMBERED, |word| word == next.to_lowercase()) && next.len() >= 3
}

/// One capital letter and a full stop.
pub(super) fn is_initial(word: &str) -> bool {
    let mut letters = word.chars();
    letters.next().is_some_and(char::is_uppercase) && letters.next() == Some('.')
}

/// Whether a word is a number in Roman figures, of two and more unless it is one that is no word.
pub(super) fn is_roman(word: &str) -> bool {
    !word.is_empty()
        && word.len() <= 7
        && word != "I"
        && word.chars().all(|letter| matches!(letter, 'I' | 'V' | 'X' | 'L' | 'C'))
}

/// `MR` for `Mr`, as headlines have it.
fn shouted(word: &str, stem: &str) -> bool {
    stem.chars().count() > 1 && !stem.contains(char::is_lowercase) && word.to_uppercase() == stem
}

fn holds(list: &str, is: impl Fn(&str) -> bool) -> bool {
    list.split_whitespace().any(is)
}
