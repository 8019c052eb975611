//! From points to a grade: the bands of the book, two families, and what forbids a clear word.

use std::collections::BTreeSet;

use hikeshi_domain::phrase::Phrase;
use hikeshi_domain::verdict::{Family, Finding, Judgement, Verdict};

use crate::book::VerdictBook;

/// Whether enough was collected to call something harmless (E40).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sight {
    /// Process creation and at least one kind of activity were collected.
    Enough,
    /// They were not: nothing may be called white.
    Blind,
}

/// The grade that the findings give.
pub fn judge(findings: &[Finding], sight: Sight, book: &VerdictBook) -> Judgement {
    let bands = &book.bands;
    let score: i32 = findings.iter().map(|finding| finding.points).sum();
    let families = |points: fn(i32) -> bool| -> Vec<Family> {
        let fitting: BTreeSet<Family> = findings.iter().filter(|finding| points(finding.points)).map(|finding| finding.family).collect();
        fitting.into_iter().collect()
    };
    let (accusing, clearing) = (families(|points| points > 0), families(|points| points < 0));
    let strongest = findings.iter().map(|finding| finding.points).max().unwrap_or(0);
    let said = |key: &str| Phrase::new(key).with("score", score.to_string());
    let black = said("judgement.black").with("needed", bands.black_points.to_string()).with("families", accusing.len().to_string());
    let white = said("judgement.white").with("needed", bands.white_points.to_string()).with("families", clearing.len().to_string());
    let (verdict, rule) = if score >= bands.black_points && accusing.len() >= bands.black_families {
        (Verdict::Black, black)
    } else if score >= bands.black_points {
        (Verdict::Grey, said("judgement.grey.one_family"))
    } else if score > bands.white_points {
        (
            Verdict::Grey,
            said("judgement.grey.between").with("black", bands.black_points.to_string()).with("white", bands.white_points.to_string()),
        )
    } else if clearing.len() < bands.white_families {
        (Verdict::Grey, said("judgement.grey.one_family_clears"))
    } else if strongest >= bands.white_forbidden_by {
        (Verdict::Grey, said("judgement.grey.contradicted").with("strongest", strongest.to_string()))
    } else if sight == Sight::Blind {
        (Verdict::Grey, said("judgement.grey.blind"))
    } else {
        (Verdict::White, white)
    };
    let families = match verdict {
        Verdict::Black => accusing,
        Verdict::White => clearing,
        Verdict::Grey => families(|points| points != 0),
    };
    Judgement { verdict, score, families, rule }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(family: Family, points: i32) -> Finding {
        Finding { id: format!("{family:?}{points}"), family, points, reason: Phrase::new("x"), events: Vec::new() }
    }

    fn grade(parts: &[(Family, i32)], sight: Sight) -> (Verdict, String) {
        let findings: Vec<Finding> = parts.iter().map(|(family, points)| finding(*family, *points)).collect();
        let judgement = judge(&findings, sight, &VerdictBook::shipped().unwrap());
        (judgement.verdict, judgement.rule.key)
    }

    // covers: S3-26, S3-28
    #[test]
    fn black_needs_sixty_points_from_two_families() {
        use Family::{CredentialAccess, Detection, LivingOffTheLand, Path};
        assert_eq!(grade(&[(CredentialAccess, 50), (Path, 10)], Sight::Enough).0, Verdict::Black);
        assert_eq!(grade(&[(CredentialAccess, 50), (Path, 9)], Sight::Enough).0, Verdict::Grey);
        assert_eq!(grade(&[(CredentialAccess, 50), (CredentialAccess, 50)], Sight::Enough).1, "judgement.grey.one_family");
        assert_eq!(
            grade(&[(LivingOffTheLand, 35), (Detection, 45), (Path, -15)], Sight::Enough).0,
            Verdict::Black,
            "contradiction stays, black stays"
        );
        assert_eq!(grade(&[(CredentialAccess, 60), (Path, 12)], Sight::Blind).0, Verdict::Black, "blindness forbids white only");
    }

    // covers: S3-29, S3-30
    #[test]
    fn white_needs_two_families_sight_and_no_strong_contradiction() {
        use Family::{Detection, Identity, Path, Prevalence, Signature};
        let clear = [(Signature, -35), (Path, -15)];
        assert_eq!(grade(&clear, Sight::Enough).0, Verdict::White);
        assert_eq!(grade(&clear, Sight::Blind).1, "judgement.grey.blind");
        assert_eq!(grade(&[(Identity, -60)], Sight::Enough).1, "judgement.grey.one_family_clears");
        assert_eq!(grade(&[(Identity, -60), (Prevalence, -25), (Detection, 20)], Sight::Enough).1, "judgement.grey.contradicted");
        assert_eq!(grade(&[(Identity, -60), (Prevalence, -25), (Detection, 19)], Sight::Enough).0, Verdict::White);
        assert_eq!(grade(&[(Signature, -35), (Path, -4)], Sight::Enough).1, "judgement.grey.between");
        assert_eq!(grade(&[], Sight::Enough).0, Verdict::Grey);
    }

    // covers: S3-27
    #[test]
    fn the_families_shown_are_those_that_point_the_verdicts_way() {
        use Family::{CredentialAccess, Detection, Signature};
        let findings = [finding(CredentialAccess, 50), finding(Detection, 25), finding(Signature, -5)];
        let judgement = judge(&findings, Sight::Enough, &VerdictBook::shipped().unwrap());
        assert_eq!((judgement.verdict, judgement.score), (Verdict::Black, 70));
        assert_eq!(judgement.families, [CredentialAccess, Detection]);
    }
}
