from resolver.observe.cause import BLAMES, sentence


def test_a_sentence_ends_with_one_dot_though_names_do_as_well() -> None:
    assert sentence("It failed", "no www.example.") == "It failed: no www.example."
    assert sentence("It failed", "timeout") == "It failed: timeout."


def test_blames_are_words_of_their_own() -> None:
    assert len(set(BLAMES)) == len(BLAMES)
