"""The search over all complaints (R38): what is too short to be searched for is told."""


def test_R38_a_single_character_is_answered_with_what_to_type(client, sign_in):
    page = sign_in("S003").get("/complaints?q=%E4%BF%A1").get_data(as_text=True)
    assert "请至少输入两个字。" in page


def test_R38_two_characters_are_searched_for(client, sign_in):
    page = sign_in("S003").get("/complaints?q=%E4%BF%A1%E5%8F%B7").get_data(as_text=True)
    assert "请至少输入两个字。" not in page
